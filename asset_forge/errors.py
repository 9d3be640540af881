"""Every error the service raises on purpose, as one tree.

    ForgeError                    500
    ├── BadInput                  400  the caller sent something wrong
    │   ├── BadGlb                400  bytes that are no usable GLB
    │   └── BadPicture            400  bytes that are no usable picture
    ├── PayloadTooLarge           413
    ├── NotFound                  404
    ├── Conflict                  409  the thing exists, is busy, or is in the wrong state
    ├── KeyReused                 422  an Idempotency-Key that came with another request
    ├── UnusableModel             422  a model of the library that cannot be made out
    ├── CapReached                402  a limit that the service was given for spending
    ├── PastFailure               any  what ended a pipeline before a restart
    ├── Unavailable               503
    │   ├── ProviderNotConfigured 503  names the variable that is missing
    │   └── StorageUnavailable    503  the asset root is missing, full or read-only, or the
    │                                  journal below it cannot be used
    ├── Refused                   502  greybox: a reason why the job cannot be done
    └── ProviderError             502  an outside maker refused or failed
        ├── CreditsUsedUp         402
        ├── ProviderRateLimited   429  may carry Retry-After
        ├── ProviderUnreachable   502  no answer: whether it was billed is not known
        ├── BadProviderAnswer     502  an answer that makes no sense
        └── ProviderTimeout       504

Each error knows the HTTP status it becomes, a stable snake_case code, whether trying again can
help, and whether money may have been spent. Texts are for people: they name the thing and the
next step, and never hold a key.
"""

from typing import Any, ClassVar


class ForgeError(Exception):
    """Base of all errors that the service raises on purpose."""

    status: int = 500
    code: ClassVar[str] = "internal_error"
    retryable: bool = False

    def __init__(self, message: str, *, code: str | None = None, detail: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = code or self.code
        self.detail = detail
        """Says more where clients rely on the message being a fixed text."""
        self.may_have_charged = False
        self.pipeline_id: str | None = None
        """The pipeline that met it, where an answer can say so."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Come through a pickle, as from a worker process, whatever the arguments of __init__."""
        return _unpickled, (type(self), self.args, self.__dict__)


def _unpickled(kind: type[ForgeError], args: tuple[Any, ...], state: dict[str, Any]) -> ForgeError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class BadInput(ForgeError):
    status = 400
    code = "bad_input"


class BadGlb(BadInput):
    code = "bad_glb"


class BadPicture(BadInput):
    code = "bad_picture"


class PayloadTooLarge(ForgeError):
    status = 413
    code = "payload_too_large"


class NotFound(ForgeError):
    status = 404
    code = "not_found"


class Conflict(ForgeError):
    status = 409
    code = "conflict"


class KeyReused(ForgeError):
    status = 422
    code = "idempotency_key_reused"


class UnusableModel(ForgeError):
    status = 422
    code = "model_unusable"


class CapReached(ForgeError):
    status = 402
    code = "credit_cap_reached"


class PastFailure(ForgeError):
    """An error that was written down: it answers as the one that it was."""

    def __init__(
        self, message: str, *, code: str, status: int, retryable: bool, may_have_charged: bool
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.retryable = retryable
        self.may_have_charged = may_have_charged


class Unavailable(ForgeError):
    status = 503
    code = "unavailable"
    retryable = True


class ProviderNotConfigured(Unavailable):
    code = "provider_not_configured"
    retryable = False


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"


class Refused(ForgeError):
    status = 502
    code = "refused"


class ProviderError(ForgeError):
    """An outside maker refused or failed.

    `provider` names it ("openai", "meshy"), `upstream_status` is its HTTP status when it answered,
    and `may_have_charged` is true when the request may have been billed all the same.
    """

    status = 502
    code = "provider_failed"

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        upstream_status: int | None = None,
        may_have_charged: bool = False,
        code: str | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.provider = provider
        self.upstream_status = upstream_status
        self.may_have_charged = may_have_charged


class CreditsUsedUp(ProviderError):
    status = 402
    code = "credits_used_up"


class ProviderRateLimited(ProviderError):
    status = 429
    code = "provider_rate_limited"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        upstream_status: int | None = 429,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, provider=provider, upstream_status=upstream_status)
        self.retry_after_s = retry_after_s


class ProviderUnreachable(ProviderError):
    code = "provider_unreachable"
    retryable = True


class BadProviderAnswer(ProviderError):
    code = "bad_provider_answer"


class ProviderTimeout(ProviderError):
    status = 504
    code = "provider_timeout"
    retryable = True
