"""The operations plane: /ops/* in every service, for monitor and the command line; every operator call is audited."""

from chassis.ops.erasure import DeletionReceipt
from chassis.ops.routes import router

__all__ = ["DeletionReceipt", "router"]
