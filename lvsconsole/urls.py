"""Every address of the console."""

from django.urls import include, path

from apps.web.views import sign_in

urlpatterns = [
    path("api/v1/", include("apps.api.urls")),
    path("", include("apps.web.urls")),
    # The same pages under the names by which django-allauth looks for them.
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path("sign-in/second-factor/", sign_in.second_factor, name="mfa_authenticate"),
]

handler500 = "apps.web.views.failed.server_error"
