"""IAM: refusals in each service's own form, Route53 policies that name a zone, conditions."""

from contextvars import ContextVar
from typing import Any, NoReturn

from botocore.awsrequest import AWSRequest
from moto.core.authorization import ActionAuthenticatorMixin
from moto.iam.access_control import IAMPolicyStatement, IAMRequest, IAMRequestBase, PermissionResult
from moto.route53.responses import Route53
from werkzeug.exceptions import HTTPException

from localcloud.api.errors import JSON_SERVICES, error_body, scope_of
from localcloud.api.patches.replacing import original, replace

BODY = "lab.body"
"""Where the application leaves a request's body, as it came, in the WSGI environment."""

_region: ContextVar[str] = ContextVar("region", default="")


class RefusalError(HTTPException):
    """A refused request, as the service it was sent to would answer."""

    def __init__(self, service: str, status: int, code: str, message: str):
        super().__init__(error_body(service, code, message))
        self.code = status


def refusals_are_in_the_services_own_form() -> None:
    """moto refuses with IAM's XML and codes everywhere; SDKs cannot read that from DynamoDB or KMS.

    Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and
    https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
    """

    def bad_signature(self: IAMRequest) -> NoReturn:
        message = "The request signature we calculated does not match the signature you provided."
        if self._service == "ec2":
            raise RefusalError("ec2", 401, "AuthFailure", message)
        if self._service in JSON_SERVICES:
            raise RefusalError(self._service, 400, "InvalidSignatureException", message)
        raise RefusalError(self._service, 403, "SignatureDoesNotMatch", message)

    def unknown_key(self: IAMRequest, _reason: str) -> NoReturn:
        message = "The security token included in the request is invalid."
        if self._service == "ec2":
            raise RefusalError("ec2", 401, "AuthFailure", message)
        if self._service in JSON_SERVICES:
            raise RefusalError(self._service, 400, "UnrecognizedClientException", message)
        raise RefusalError(self._service, 403, "InvalidClientTokenId", message)

    def denied(self: IAMRequest) -> NoReturn:
        message = f"User: {self._access_key.arn} is not authorized to perform: {self._action}"
        if self._service == "ec2":
            text = f"You are not authorized to perform this operation. {message}"
            raise RefusalError("ec2", 403, "UnauthorizedOperation", text)
        if self._service in JSON_SERVICES:
            raise RefusalError(self._service, 400, "AccessDeniedException", message)
        raise RefusalError(self._service, 403, "AccessDenied", message)

    replace(IAMRequest, "_raise_signature_does_not_match", bad_signature)
    replace(IAMRequest, "_raise_invalid_access_key", unknown_key)
    replace(IAMRequest, "_raise_access_denied", denied)


def signature_covers_the_body_that_came() -> None:
    """moto checks a signature over its own parse of a request, so every plain GET of Route53 is refused.

    (It signs the headers as a form where there is no body.) AWS signs the bytes of the body:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    authorize = original(ActionAuthenticatorMixin, "_authenticate_and_authorize_action")

    def check(self: Any, iam_request_cls: Any, resource: str = "*") -> None:
        environ = self.normalized_request.environ
        body = environ[BODY]
        scope = scope_of(environ.get("HTTP_AUTHORIZATION", ""))
        _region.set(scope.region if scope else "")

        def request(**fields: Any) -> Any:
            return iam_request_cls(**{**fields, "body": body})

        authorize(self, request, resource)

    def aws_request(self: IAMRequestBase) -> AWSRequest:
        authorization = self._headers["Authorization"]
        signed = self._get_string_between("SignedHeaders=", ",", authorization).split(";")
        headers = self._create_headers_for_aws_request(signed, self._headers)
        request = AWSRequest(method=self._method, url=self._path, data=self._body, headers=headers)
        request.context["timestamp"] = self._headers["X-Amz-Date"]
        return request

    replace(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", check)
    replace(IAMRequestBase, "_create_aws_request", aws_request)


def zone_is_the_resource() -> None:
    """moto checks every Route53 action against the resource "*", so a policy that names a zone never matches."""

    def resource(self: Route53) -> str:
        parts = [part for part in self.path.split("/") if part]
        for kind in ("hostedzone", "change"):
            if kind in parts[:-1]:
                name = parts[parts.index(kind) + 1]
                return f"arn:{self.partition}:route53:::{kind}/{name}"
        return "*"

    replace(Route53, "_determine_resource", resource)


def conditions_are_as_in_iam() -> None:
    """moto reads a statement whose condition is not met as a Deny, and ignores what a condition says of the region.

    In IAM a statement whose condition is not met does not apply; aws:RequestedRegion is the endpoint's region.
    """
    is_action_permitted = original(IAMPolicyStatement, "is_action_permitted")

    def permitted(
        self: IAMPolicyStatement,
        action: str,
        resource: str = "*",
        principal: str | None = None,
        incoming_condition_values: dict[str, str] | None = None,
    ) -> Any:
        values = {**(incoming_condition_values or {}), "aws:RequestedRegion": _region.get()}
        result = is_action_permitted(self, action, resource, principal, values)
        if result is PermissionResult.DENIED and (
            self._statement["Effect"] == "Allow" or not self._check_conditions(values)
        ):
            return PermissionResult.NEUTRAL
        return result

    replace(IAMPolicyStatement, "is_action_permitted", permitted)


PATCHES = (
    refusals_are_in_the_services_own_form,
    signature_covers_the_body_that_came,
    zone_is_the_resource,
    conditions_are_as_in_iam,
)
