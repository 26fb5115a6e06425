"""Writing people: accounts, names, passwords. Roles: `grants.py`."""

from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts.errors import AccountError
from apps.accounts.models import RoleGrant, User
from apps.accounts.policy import require
from apps.accounts.services.grants import check_role, keep_an_admin, lock_admins
from apps.accounts.services.sessions import end_sessions
from apps.accounts.services.tokens import revoke_tokens
from apps.audit.services import record


@transaction.atomic
def create_user(
    *, actor: User | None, username: str, password: str, full_name: str = "", role: str
) -> User:
    """A new account with one role. actor None: from the command line of the console's host.

    Raises AccountError when the name is taken, the password too weak or the role unknown.
    """
    if actor is not None:
        require(actor, "people.manage")
    user = User(username=free_name(username))
    put_name(user, full_name)
    check_role(role)
    _set_password(user, password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise _taken(user.username) from None
    RoleGrant.objects.create(user=user, role=role)
    after = {"username": user.username, "full name": user.get_full_name(), "role": role}
    record(actor=actor, action="user.created", obj=user, after=after)
    return user


@transaction.atomic
def set_active(*, actor: User, user: User, active: bool) -> User:
    """Switch an account on or off. Its sessions and tokens end for good.

    Raises AccountError for one's own and the last administrator's, PermissionDenied.
    """
    require(actor, "people.manage")
    lock_admins()
    user = locked(user)
    if user.is_active == active:
        return user
    if not active and user.pk == actor.pk:
        raise AccountError("You can't switch off your own account: ask another administrator.")
    if not active:
        keep_an_admin(user)
    user.is_active = active
    user.save(update_fields=["is_active"])
    action = "user.activated" if active else "user.deactivated"
    record(
        actor=actor,
        action=action,
        obj=user,
        before={"active": not active},
        after={"active": active},
    )
    # On the way back, too: what began in the very moment it was switched off lies there still.
    if UserSession.objects.filter(user=user).exists():
        end_sessions(actor=actor, user=user)
    revoke_tokens(actor=actor, user=user)
    return user


@transaction.atomic
def set_full_name(*, actor: User, user: User, full_name: str) -> User:
    """Change the name that pages show."""
    require(actor, "people.manage")
    user = locked(user)
    before = user.get_full_name()
    put_name(user, full_name)
    if before == user.get_full_name():
        return user
    user.save(update_fields=["first_name", "last_name"])
    after = {"full name": user.get_full_name()}
    record(actor=actor, action="user.renamed", obj=user, before={"full name": before}, after=after)
    return user


@transaction.atomic
def set_password(*, actor: User | None, user: User, password: str) -> User:
    """Give the user a new password: one's own, or anybody's for those who manage people.

    All sessions of the user end. actor None: from the command line. Raises AccountError when it is weak.
    """
    if actor is not None and (actor.pk != user.pk or not actor.is_active):
        require(actor, "people.manage")
    user = locked(user)
    _set_password(user, password)
    user.save(update_fields=["password"])
    record(actor=actor, action="user.password_changed", obj=user)
    return user


def locked(user: User) -> User:
    """The user as the database has them now, locked until the transaction ends."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def free_name(username: str) -> str:
    """The name as it is stored. Raises AccountError when it is wrong, or somebody has it in other letters:
    the audit log must not hold an “Olga” beside an “olga”."""
    name = User.normalize_username(username.strip())
    if not name:
        raise AccountError("Give the account a name to sign in with.", "username")
    try:
        User._meta.get_field("username").clean(name, None)
    except ValidationError as error:
        raise AccountError(" ".join(error.messages), "username") from None
    if User.objects.filter(username__iexact=name).exists():
        raise _taken(name)
    return name


def _taken(name: str) -> AccountError:
    return AccountError(f"There is a user “{name}” already: choose another name.", "username")


def put_name(user: User, full_name: str) -> None:
    """Set the name that pages show. Raises AccountError when it is too long."""
    user.first_name, _, user.last_name = " ".join(full_name.split()).partition(" ")
    if max(len(user.first_name), len(user.last_name)) > 150:
        raise AccountError("The full name is too long: 150 characters at most.", "full_name")


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AccountError(" ".join(error.messages), "password") from None
    user.set_password(password)
