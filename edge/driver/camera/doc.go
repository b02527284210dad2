// Package camera watches one network camera for being alive. It asks the camera's RTSP server what it would send
// (OPTIONS and DESCRIBE, RFC 2326 §10.1 and §10.2), plays its stream for a moment once a minute where that is wanted (SETUP and
// PLAY; not more often, because cameras serve a handful of sessions only; nothing of it is kept) and fetches one JPEG or PNG
// snapshot over HTTP. From the snapshot it keeps a grid of 32×18 luminances and a hash, so it can tell a black, covered or frozen
// picture; no picture is stored and none leaves the process.
//
// What a camera usually sees is learned from pictures that are right, by day and by night: the steps between neighbours of the
// grid, and how steep edges are. A picture with less than a part of the usual edges (a quarter is a good limit) for a minute
// and five looks means that the camera was moved, one whose edges are less steep (half is a good limit) that it is out of
// focus. In thirty drawn halls these limits found every lens out of focus and every view turned by a twelfth of the picture,
// and took neither forty people who hid half of it nor little light for one (TestCrowd). What is learned lives as long as the
// gateway's program.
//
// Known errata of cameras, and what is done about them:
//   - Wrong passwords lock the account, often for half an hour after five to seven tries: an address that refused the login
//     is not asked again for five minutes (the pause), and says so.
//   - Snapshot addresses hold passwords in their query: errors name scheme, host and path only.
//   - A camera may keep writing its clock into a picture that is frozen otherwise: that picture changes and is not called
//     frozen. The other way round would call every quiet hall frozen at night.
package camera
