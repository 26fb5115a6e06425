"""Clusters and their directors."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.inventory import selectors, services
from apps.inventory.errors import InventoryError
from apps.inventory.models import Cluster, Director
from tests.factories import make_cluster, make_director
from tests.services.records import count, said

pytestmark = pytest.mark.django_db


def test_a_cluster_is_made_with_its_directors(operator):
    one, two = make_director("d1"), make_director("d2")
    made = services.create_cluster(
        actor=operator, name="shop", description="The shop", directors=[two, one]
    )
    assert list(made.directors.all()) == [one, two]
    after = {"name": "shop", "description": "The shop", "directors": ["d1", "d2"]}
    assert said("cluster.created") == ("olga", "cluster shop", None, after, "", None)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("web", "There is a cluster “web” already"),
        ("two words", "made of lower-case letters"),
        ("Web", "made of lower-case letters"),
        ("-web", "begins with a letter or digit"),
        ("new", "stands for a page of its own"),
        ("w" * 64, "64 characters long: 63 at most"),
        (" ", "Give the cluster a name"),
    ],
)
def test_a_wrong_name_is_refused_beside_its_field(name, message, operator, cluster):
    before = count()
    with pytest.raises(InventoryError, match=message) as refused:
        services.create_cluster(actor=operator, name=name)
    assert refused.value.field == "name"
    assert (count(), Cluster.objects.count()) == (before, 1)


def test_a_director_belongs_to_one_cluster(operator, cluster):
    director = cluster.directors.get()
    with pytest.raises(
        InventoryError, match="belongs to cluster web: take it out there"
    ) as refused:
        services.create_cluster(actor=operator, name="shop", directors=[director])
    assert refused.value.field == "directors"
    assert not Cluster.objects.filter(name="shop").exists()


def test_an_edit_records_only_what_changed(operator, cluster):
    kept, new = cluster.directors.get(), make_director("d9")
    services.edit_cluster(actor=operator, cluster=cluster, name="web", directors=[kept, new])
    was = {"directors": [kept.name]}
    now = {"directors": sorted([kept.name, "d9"])}
    assert said("cluster.edited") == ("olga", "cluster web", was, now, "", None)


def test_an_edit_renames_and_describes(operator, cluster):
    services.edit_cluster(
        actor=operator,
        cluster=cluster,
        name="site",
        description="All of it",
        directors=cluster.directors.all(),
    )
    was = {"name": "web", "description": ""}
    now = {"name": "site", "description": "All of it"}
    assert said("cluster.edited") == ("olga", "cluster site", was, now, "", None)


def test_a_director_can_leave(operator, cluster):
    director = cluster.directors.get()
    services.edit_cluster(actor=operator, cluster=cluster, name="web", directors=[])
    director.refresh_from_db()
    assert director.cluster is None
    assert list(selectors.free_directors(operator)) == [director]


def test_an_edit_that_changes_nothing_is_no_act(operator, cluster):
    before = count()
    services.edit_cluster(
        actor=operator, cluster=cluster, name="web", directors=cluster.directors.all()
    )
    assert count() == before


@pytest.mark.parametrize("role", ["viewer", "approver"])
def test_only_operators_edit_clusters(role, request, cluster):
    actor = request.getfixturevalue(role)
    before = count()
    with pytest.raises(PermissionDenied, match="make clusters"):
        services.create_cluster(actor=actor, name="shop")
    with pytest.raises(PermissionDenied, match="edit clusters"):
        services.edit_cluster(actor=actor, cluster=cluster, name="shop")
    assert count() == before


def test_a_director_is_enrolled_and_renamed(admin):
    made = services.add_director(actor=admin, name="d1")
    assert said("director.added") == (
        "anna",
        "director d1",
        None,
        {"name": "d1", "uuid": str(made.uuid)},
        "",
        None,
    )
    services.rename_director(actor=admin, director=made, name="d2")
    was, now = {"name": "d1"}, {"name": "d2"}
    assert said("director.renamed") == ("anna", "director d2", was, now, "", None)
    assert Director.objects.get().name == "d2"


def test_two_directors_have_two_names(admin):
    other = make_director("d1")
    with pytest.raises(InventoryError, match="There is a director “d1” already"):
        services.add_director(actor=admin, name="d1")
    second = make_director("d2")
    with pytest.raises(InventoryError, match="There is a director “d1” already"):
        services.rename_director(actor=admin, director=second, name=other.name)


@pytest.mark.parametrize("role", ["viewer", "operator", "approver"])
def test_only_administrators_manage_directors(role, request, cluster):
    actor = request.getfixturevalue(role)
    with pytest.raises(PermissionDenied, match="manage directors"):
        services.add_director(actor=actor, name="d1")
    with pytest.raises(PermissionDenied, match="manage directors"):
        services.rename_director(actor=actor, director=cluster.directors.get(), name="d1")


def test_clusters_are_read_in_two_queries(viewer, django_assert_num_queries):
    make_cluster("a", directors=2)
    make_cluster("b", directors=2)
    assert viewer.held_roles  # read once
    with django_assert_num_queries(2):
        read = {c.name: len(c.directors.all()) for c in selectors.clusters(viewer) if not c.head}
    assert read == {"a": 2, "b": 2}


def test_who_has_no_role_reads_nothing(cluster, django_user_model):
    stranger = django_user_model.objects.create(username="stranger")
    for read in (selectors.clusters, selectors.directors, selectors.free_directors):
        with pytest.raises(PermissionDenied, match="see this"):
            read(stranger)
    with pytest.raises(PermissionDenied):
        selectors.revisions(stranger, cluster)


def test_an_edit_without_directors_leaves_them(operator, cluster):
    directors = list(cluster.directors.all())
    services.edit_cluster(actor=operator, cluster=cluster, name="shop")
    assert list(cluster.directors.all()) == directors


@pytest.mark.parametrize("name", ["", "two words", "line\nbreak", ".hidden", "d" * 64])
def test_what_can_not_be_a_directors_name_is_refused(name, admin):
    with pytest.raises(InventoryError) as refused:
        services.add_director(actor=admin, name=name)
    assert refused.value.field == "name"
    assert not Director.objects.exists()
