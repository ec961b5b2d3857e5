"""The way out: what a message is to a gateway, and Tencent Cloud's SMS service as the one built in.

The client is the provider's own SDK, so the bytes and the TC3-HMAC-SHA256 signature are the real ones; where the
product has no keys, a simulator on loopback checks the same signature and answers with the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from kangqu.kernel.notices.templates import Template


@dataclass(frozen=True, slots=True)
class Message:
    """One text to one phone (E.164). ``reference`` comes back in the receipt."""

    to: str
    template: Template
    values: Mapping[str, str]
    language: str
    reference: str


class GatewayTrouble(Exception):
    """The gateway did not take the message. ``final`` when trying again cannot help."""

    def __init__(self, detail: str, *, final: bool) -> None:
        super().__init__(detail)
        self.final = final


class Gateway(Protocol):
    def send(self, message: Message) -> str:
        """Hand the message over and return the provider's number for it, or raise ``GatewayTrouble``."""


@dataclass(frozen=True, slots=True)
class TencentSmsConfig:
    """``template_ids`` maps our text (and language) to the provider's approved one: ``{"sign_in_code:zh": "1234567"}``."""

    secret_id: str
    secret_key: str
    app_id: str
    sign_name: str
    template_ids: Mapping[str, str]
    endpoint: str = "sms.tencentcloudapi.com"
    scheme: str = "https"
    region: str = "ap-guangzhou"
    timeout_seconds: int = 8


# Errors after which the provider will say the same again (its documentation, SendSms status codes).
_FINAL_CODES = frozenset(
    {
        "InvalidParameterValue.IncorrectPhoneNumber",
        "FailedOperation.PhoneNumberInBlacklist",
        "FailedOperation.TemplateIncorrectOrUnapproved",
        "FailedOperation.SignatureIncorrectOrUnapproved",
        "InvalidParameterValue.TemplateParameterFormatError",
        "AuthFailure.SignatureFailure",
        "AuthFailure.SecretIdNotFound",
        "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
    }
)


class TencentSms:
    """SendSms of Tencent Cloud, version 2021-01-11."""

    def __init__(self, config: TencentSmsConfig) -> None:
        from tencentcloud.common.credential import Credential
        from tencentcloud.common.profile.client_profile import ClientProfile
        from tencentcloud.common.profile.http_profile import HttpProfile
        from tencentcloud.sms.v20210111.sms_client import SmsClient

        profile = ClientProfile(
            httpProfile=HttpProfile(protocol=config.scheme, endpoint=config.endpoint, reqTimeout=config.timeout_seconds)
        )
        self._config = config
        self._client = SmsClient(Credential(config.secret_id, config.secret_key), config.region, profile)

    def send(self, message: Message) -> str:
        from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
        from tencentcloud.sms.v20210111.models import SendSmsRequest

        language = "zh" if message.language.startswith("zh") else "en"
        template_id = self._config.template_ids.get(f"{message.template.id}:{language}")
        if template_id is None:
            raise GatewayTrouble(f"no approved text for {message.template.id} ({language})", final=True)
        request = SendSmsRequest()
        request.PhoneNumberSet = [message.to]
        request.SmsSdkAppId = self._config.app_id
        request.SignName = self._config.sign_name
        request.TemplateId = template_id
        request.TemplateParamSet = [message.values[name] for name in message.template.spoken]
        request.SessionContext = message.reference
        try:
            answer = self._client.SendSms(request)
        except TencentCloudSDKException as trouble:
            code = trouble.get_code() or ""
            raise GatewayTrouble(code or "unreachable", final=code in _FINAL_CODES) from trouble
        status = answer.SendStatusSet[0]
        if status.Code != "Ok":
            raise GatewayTrouble(status.Code, final=status.Code in _FINAL_CODES)
        return str(status.SerialNo)
