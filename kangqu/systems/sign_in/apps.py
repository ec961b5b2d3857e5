from django.apps import AppConfig


class SignInConfig(AppConfig):
    name = "kangqu.systems.sign_in"
    label = "sign_in"
    verbose_name = "登录"

    def ready(self) -> None:
        from kangqu.systems.sign_in.who import who_is_signed_in
        from kangqu.web.frame import describe_signed_in

        describe_signed_in(who_is_signed_in)
