"""Every page of the console."""

from django.urls import path

from apps.web.views import (
    account,
    audit,
    changes,
    clusters,
    directors,
    errands,
    fitness,
    health,
    home,
    imports,
    people,
    services,
    session,
    settings,
)

app_name = "web"

urlpatterns = [
    path("", home.home, name="home"),
    path("waiting/", home.waiting, name="waiting"),
    path("healthz", health.healthz, name="healthz"),
    path("sign-in/", session.SignIn.as_view(), name="sign-in"),
    path("sign-out/", session.SignOut.as_view(), name="sign-out"),
    path("clusters/", clusters.index, name="clusters"),
    path("clusters/new/", clusters.new, name="cluster-new"),
    path("clusters/<slug:name>/", clusters.show, name="cluster"),
    path("clusters/<slug:name>/edit/", clusters.edit, name="cluster-edit"),
    path("clusters/<slug:name>/changes/new/", changes.new, name="change-new"),
    path("clusters/<slug:name>/import/", imports.show, name="cluster-import"),
    path("clusters/<int:number>/parts/<slug:name>/", clusters.part, name="cluster-part"),
    path("changes/", changes.index, name="changes"),
    path("changes/<int:number>/", changes.show, name="change"),
    path("changes/<int:number>/edit/", changes.edit, name="change-edit"),
    path("changes/<int:number>/submit/", changes.submit, name="change-submit"),
    path("changes/<int:number>/approve/", changes.approve, name="change-approve"),
    path("changes/<int:number>/reject/", changes.reject, name="change-reject"),
    path("changes/<int:number>/withdraw/", changes.withdraw, name="change-withdraw"),
    path("changes/<int:number>/rebase/", changes.rebase, name="change-rebase"),
    path("changes/<int:number>/reopen/", changes.reopen, name="change-reopen"),
    path("changes/<int:number>/fitness/", fitness.of_change, name="change-fitness"),
    path("changes/<int:number>/settings/", settings.edit, name="change-settings"),
    path("changes/<int:number>/settings/check/", settings.check, name="change-settings-check"),
    path("changes/<int:number>/services/new/", services.new, name="service-new"),
    path("changes/<int:number>/services/check/", services.check, name="service-check"),
    path("changes/<int:number>/services/<str:slug>/", services.edit, name="service"),
    path(
        "changes/<int:number>/services/<str:slug>/delete/", services.delete, name="service-delete"
    ),
    path("directors/", directors.index, name="directors"),
    path("directors/new/", directors.new, name="director-new"),
    path("directors/<uuid:uuid>/", directors.show, name="director"),
    path("directors/<uuid:uuid>/connections/", errands.connections, name="director-connections"),
    path("directors/<uuid:uuid>/fitness/", errands.fitness, name="director-fitness"),
    path("directors/<uuid:uuid>/zero/", errands.zero, name="director-zero"),
    path("errands/<int:number>/", errands.show, name="errand"),
    path("people/", people.index, name="people"),
    path("people/new/", people.new, name="person-new"),
    path("people/<int:pk>/", people.edit, name="person"),
    path("audit/", audit.index, name="audit"),
    path("audit/<int:number>/", audit.show, name="audit-record"),
    path("account/password/", account.password, name="account-password"),
]
