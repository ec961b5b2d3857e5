"""A stand-in for the SMS provider where the product has no keys: the same wire, the same checks, no telephone.

It is a WSGI application. It verifies the TC3-HMAC-SHA256 signature of every request against its own key pair, answers
like SendSms 2021-01-11, and hands each text to ``show`` — a marked demo page, or a test.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from kangqu.kernel.basis.clock import Clock
from kangqu.kernel.notices.gateways import TencentSmsConfig
from kangqu.kernel.notices.templates import templates

_SERVICE: Final = "sms"
_ALGORITHM: Final = "TC3-HMAC-SHA256"
_OLDEST: Final = timedelta(minutes=5)
_LARGEST_BODY: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text that would have reached a telephone."""

    to: str
    text: str
    at: datetime
    serial: str
    reference: str


class _SimulatedError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def simulator_config(*, host: str, port: int, secret: str) -> TencentSmsConfig:
    """The client settings that go with a simulator at ``host:port``: every text of ours counts as approved."""
    ids = {
        f"{name}:{language}": f"{hash_number(name)}{index}"
        for name in templates()
        for index, language in enumerate(("zh", "en"))
    }
    return TencentSmsConfig(
        secret_id="simulated",  # noqa: S106 - a stand-in's name, not a password
        secret_key=secret,
        app_id="1400000000",
        sign_name="康衢",
        template_ids=ids,
        endpoint=f"{host}:{port}",
        scheme="http",
    )


def hash_number(name: str) -> int:
    """A stable six-digit number for a template's name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % 900_000 + 100_000


class SmsSimulator:
    """The provider's side. ``show`` receives every accepted text; ``clock`` decides whether a signature is fresh."""

    def __init__(self, config: TencentSmsConfig, show: Callable[[ShownText], None], clock: Clock) -> None:
        self._config = config
        self._show = show
        self._clock = clock
        self._texts = {number: name for name, number in config.template_ids.items()}
        self._sent = 0

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            body = environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), _LARGEST_BODY))
            self._verify(environ, body)
            answer: dict[str, Any] = {"SendStatusSet": self._accept(json.loads(body))}
        except _SimulatedError as error:
            answer = {"Error": {"Code": error.code, "Message": error.code}}
        except (ValueError, KeyError, TypeError):
            answer = {"Error": {"Code": "InvalidParameter", "Message": "InvalidParameter"}}
        payload = json.dumps({"Response": {**answer, "RequestId": f"simulated-{self._sent}"}}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))])
        return [payload]

    def _verify(self, environ: Mapping[str, Any], body: bytes) -> None:
        """Recompute the signature from what arrived; refuse a stale, unknown or false one with the provider's codes."""
        stamp = environ.get("HTTP_X_TC_TIMESTAMP", "")
        if not stamp.isdigit():
            raise _SimulatedError("AuthFailure.SignatureFailure")
        signed_at = datetime.fromtimestamp(int(stamp), UTC)
        if abs(self._clock() - signed_at) > _OLDEST:
            raise _SimulatedError("AuthFailure.SignatureExpire")
        head, _, signature = environ.get("HTTP_AUTHORIZATION", "").rpartition("Signature=")
        scope = f"{signed_at:%Y-%m-%d}/{_SERVICE}/tc3_request"
        if f"Credential={self._config.secret_id}/{scope}" not in head:
            raise _SimulatedError("AuthFailure.SecretIdNotFound")
        headers = f"content-type:{environ.get('CONTENT_TYPE', '')}\nhost:{environ.get('HTTP_HOST', '')}\n"
        path = environ.get("PATH_INFO") or "/"
        request = (
            f"{environ['REQUEST_METHOD']}\n{path}\n\n{headers}\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
        )
        to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = f"TC3{self._config.secret_key}".encode()
        for part in (f"{signed_at:%Y-%m-%d}", _SERVICE, "tc3_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        if not hmac.compare_digest(hmac.digest(key, to_sign.encode(), "sha256").hex(), signature):
            raise _SimulatedError("AuthFailure.SignatureFailure")

    def _accept(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        if request["SmsSdkAppId"] != self._config.app_id:
            raise _SimulatedError("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        known = self._texts.get(request["TemplateId"])
        if known is None:
            raise _SimulatedError("FailedOperation.TemplateIncorrectOrUnapproved")
        name, _, language = known.rpartition(":")
        text = templates()[name]
        values = request["TemplateParamSet"]
        if len(values) != len(text.spoken):
            raise _SimulatedError("FailedOperation.TemplateParamSetNotMatchApprovedTemplate")
        return [
            self._deliver(phone, text.text(language, dict(zip(text.spoken, values, strict=True))), request)
            for phone in request["PhoneNumberSet"]
        ]

    def _deliver(self, phone: str, text: str, request: dict[str, Any]) -> dict[str, Any]:
        self._sent += 1
        good = phone.startswith("+") and phone[1:].isdigit() and 8 <= len(phone) <= 16
        serial = f"{hash_number(phone)}:{self._clock().timestamp():.0f}:{self._sent}"
        if good:
            self._show(ShownText(phone, text, self._clock(), serial, request.get("SessionContext", "")))
        return {
            "SerialNo": serial if good else "",
            "PhoneNumber": phone,
            "Fee": 1 if good else 0,
            "SessionContext": request.get("SessionContext", ""),
            "Code": "Ok" if good else "InvalidParameterValue.IncorrectPhoneNumber",
            "Message": "send success" if good else "incorrect phone number",
            "IsoCode": "CN",
        }
