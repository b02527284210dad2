package onvif

import "strconv"

// Topics that the camera tells.
const (
	TopicMotion  = "tns1:RuleEngine/CellMotionDetector/Motion"
	TopicTamper  = "tns1:RuleEngine/TamperDetector/Tamper"
	TopicScene   = "tns1:VideoSource/GlobalSceneChange/ImagingService"
	TopicDark    = "tns1:VideoSource/ImageTooDark/ImagingService"
	TopicBlurry  = "tns1:VideoSource/ImageTooBlurry/ImagingService"
	TopicInput   = "tns1:Device/Trigger/DigitalInput"
	TopicCounter = "tns1:RuleEngine/CountAggregation/Counter"
	TopicStorage = "tns1:Device/HardwareFailure/StorageFailure"
)

// maxQueue bounds the events that wait for a pull; older ones are dropped, as cameras do.
const maxQueue = 1000

// property is a state of the camera.
type property struct{ topic, sourceName, source, name, value string }

// told is an event in a subscription's queue.
type told struct {
	property
	operation string
}

type subscription struct{ queue []told }

// Motion begins or ends.
func (c *Camera) Motion(on bool) {
	c.set(property{TopicMotion, "VideoSourceConfigurationToken", "VideoSource_1", "IsMotion", strconv.FormatBool(on)})
}

// Trouble begins or ends: one of the topics of truth, e.g. TopicTamper.
func (c *Camera) Trouble(topic string, on bool) {
	c.mu.Lock()
	keep := c.faults.NeverClear && !on
	c.mu.Unlock()
	if !keep {
		c.set(property{topic, "Source", "VideoSource_1", "State", strconv.FormatBool(on)})
	}
}

// Input changes the level of a digital input.
func (c *Camera) Input(token string, active bool) {
	c.set(property{TopicInput, "InputToken", token, "LogicalState", strconv.FormatBool(active)})
}

// Count lets n more people pass a counting rule.
func (c *Camera) Count(rule string, n int) {
	c.mu.Lock()
	for _, p := range c.states {
		if p.topic == TopicCounter && p.source == rule {
			was, _ := strconv.Atoi(p.value) // the camera wrote it
			n += was
		}
	}
	c.mu.Unlock()
	c.SetCount(rule, n)
}

// SetCount sets the running value of a counting rule, as at midnight or after a restart.
func (c *Camera) SetCount(rule string, n int) {
	c.set(property{TopicCounter, "Rule", rule, "Count", strconv.Itoa(n)})
}

// Tell sends an event that is no property.
func (c *Camera) Tell(topic, value string) {
	c.update(func() { c.queue(told{property{topic, "Source", "1", "State", value}, ""}) })
}

// Expire makes the camera forget every subscription, as after a restart.
func (c *Camera) Expire() { c.update(func() { clear(c.subs) }) }

func (c *Camera) set(p property) {
	c.update(func() {
		for i, old := range c.states {
			if old.topic == p.topic && old.source == p.source {
				c.states[i] = p
				c.queue(told{p, "Changed"})
				return
			}
		}
		c.states = append(c.states, p)
		c.queue(told{p, "Changed"})
	})
}

// queue gives an event to every subscription; the lock is held.
func (c *Camera) queue(t told) {
	for _, s := range c.subs {
		s.add(t)
	}
}

func (s *subscription) add(t told) {
	if len(s.queue) == maxQueue {
		s.queue = s.queue[1:]
	}
	s.queue = append(s.queue, t)
}
