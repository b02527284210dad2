// Package camera watches one network camera for being alive. It asks the camera's RTSP server what it would send
// (OPTIONS and DESCRIBE, RFC 2326 §10.1 and §10.2; no stream is played, because cameras serve a handful of sessions only)
// and fetches one JPEG or PNG snapshot over HTTP. From the snapshot it keeps a grid of 32×18 luminances and a hash, so it
// can tell a black, covered or frozen picture; no picture is stored and none leaves the process. What it usually sees is learned
// from pictures that are right, by day and by night: the steps between neighbours of the grid and the strength of the
// strongest edges. A picture that is unlike it for five looks is called moved or defocused.
//
// Known errata of cameras, and what is done about them:
//   - Wrong passwords lock the account, often for half an hour after five to seven tries: an address that refused the login
//     is not asked again for five minutes (the pause), and says so.
//   - Snapshot addresses hold passwords in their query: errors name scheme, host and path only.
//   - A camera may keep writing its clock into a picture that is frozen otherwise: that picture changes and is not called
//     frozen. The other way round would call every quiet hall frozen at night.
package camera
