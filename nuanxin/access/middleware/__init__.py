"""What every request passes: who acts, what may be asked, how a no is answered, safe headers.

An extra room beside the fixed ones (docs/adr): Django wants these as classes and modules.
"""

from nuanxin.access.middleware.actors import ActorMiddleware
from nuanxin.access.middleware.headers import HeadersMiddleware
from nuanxin.access.middleware.refusals import RefusalMiddleware

__all__ = ["ActorMiddleware", "HeadersMiddleware", "RefusalMiddleware"]
