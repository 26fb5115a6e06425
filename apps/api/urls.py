"""Every address of the API, below /api/v1/."""

from django.urls import path, re_path

from apps.api.views import acts, audit, changes, inventory, schema

app_name = "api"

urlpatterns = [
    path("schema/", schema.schema, name="schema"),
    path("clusters/", inventory.clusters, name="clusters"),
    path("clusters/<slug:name>/", inventory.cluster, name="cluster"),
    path("clusters/<slug:name>/revisions/", inventory.revisions, name="revisions"),
    path("clusters/<slug:name>/revisions/<int:number>/", inventory.revision, name="revision"),
    path(
        "clusters/<slug:name>/revisions/<int:number>/roll-back/",
        inventory.roll_back,
        name="roll-back",
    ),
    path("directors/", inventory.directors, name="directors"),
    path("directors/<uuid:uuid>/", inventory.director, name="director"),
    path("changes/", changes.changes, name="changes"),
    path("changes/<int:number>/", changes.change, name="change"),
    path("changes/<int:number>/table/", changes.table, name="table"),
    path("changes/<int:number>/services/<str:key>/", changes.service, name="service"),
    path("changes/<int:number>/rebase/", changes.rebase, name="rebase"),
    path("changes/<int:number>/submit/", acts.submit, name="submit"),
    path("changes/<int:number>/approve/", acts.approve, name="approve"),
    path("changes/<int:number>/reject/", acts.reject, name="reject"),
    path("changes/<int:number>/comment/", acts.comment, name="comment"),
    path("changes/<int:number>/withdraw/", acts.withdraw, name="withdraw"),
    path("changes/<int:number>/reopen/", acts.reopen, name="reopen"),
    path("changes/<int:number>/confirm/", acts.confirm, name="confirm"),
    path("audit/", audit.records, name="records"),
    path("audit/<int:number>/", audit.record, name="record"),
    re_path("", schema.nothing, name="nothing"),
]
