"""Events in: none; monitor listens to no topic and holds no topic's key."""

from chassis.broker import Handlers

handlers = Handlers()
