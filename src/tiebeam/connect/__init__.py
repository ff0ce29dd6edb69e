"""The outer world as small protocols with real local implementations. Each sub-room is a front door of its own."""
