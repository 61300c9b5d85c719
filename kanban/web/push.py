"""Messages on this phone: switched on, tried out and off again by whoever holds it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, g, jsonify
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from kanban import config, journal, languages, shop, subscriptions
from kanban.languages import gettext as _
from kanban.subscriptions import Browser, PushSubscription
from kanban.web import forms, respond, security
from kanban.web.reading import session
from kanban.web.running import running

if TYPE_CHECKING:
    from kanban.senders.push import Vapid

bp = Blueprint("push", __name__)


class Keys(BaseModel):
    """The keys of a subscription as browsers write them."""

    p256dh: str = Field(max_length=120)
    auth: str = Field(max_length=40)


class Subscription(BaseModel):
    """What ``PushSubscription.toJSON()`` gives."""

    model_config = ConfigDict(extra="ignore")

    endpoint: str = Field(max_length=subscriptions.LONGEST_ENDPOINT)
    keys: Keys


def install(app: Flask) -> None:
    """Make our public key known to the templates; it is worked out when a page first shows it."""
    app.jinja_env.globals["push_key"] = public_key


def public_key() -> str:
    """The key by which a browser knows our messages."""
    return vapid().public


def vapid() -> Vapid:
    """Who we are to push services."""
    return _vapid(running().settings.data, running().settings.base_url)


@bp.post("/push/subscriptions")
@security.access("viewer")
def subscribe() -> AnyResponse:
    """Send this browser messages, for the one who is signed in or the device that it is."""
    sent = _sent()
    this = respond.deed()
    wanted = Browser(sent.endpoint, sent.keys.p256dh, sent.keys.auth, languages.spoken())

    def once(session: Session) -> None:
        if not journal.replayed(session, this):
            subscriptions.keep(session, this, wanted)

    respond.write(once)
    return jsonify({"said": _("Messages come to this device.")})


@bp.post("/push/subscriptions/renewal")
@security.access(security.ANYONE)
def renew() -> AnyResponse:
    """The browser's maker gave it another address; whoever knows the old one is that browser."""
    sent, before, this = _sent(), _endpoint("before"), respond.deed()
    renewed = Browser(sent.endpoint, sent.keys.p256dh, sent.keys.auth)

    def once(session: Session) -> None:
        if not journal.replayed(session, this):
            subscriptions.renew(session, this, before, renewed)

    respond.write(once)
    return jsonify({"said": _("Messages come to this device.")})


@bp.post("/push/subscriptions/removal")
@security.access(security.ANYONE)
def unsubscribe() -> AnyResponse:
    """Send this browser nothing more; whoever knows the endpoint is that browser."""
    endpoint, this = _endpoint(), respond.deed()

    def once(session: Session) -> None:
        if not journal.replayed(session, this):
            subscriptions.drop(session, this, endpoint)

    respond.write(once)
    return jsonify({"said": _("No more messages come to this device.")})


@bp.post("/push/test")
@security.access("viewer")
def test() -> AnyResponse:
    """Send this browser a message now, and say what became of it."""
    from kanban.senders import push

    respond.deed()
    subscription = _mine(_endpoint())
    base_url = running().settings.base_url
    payload = push.message(
        shop.name(session()), _("Messages arrive on this device."), "/account", tag="test", base_url=base_url
    )
    outcome = push.send(subscription, payload, vapid=vapid(), now=g.at)
    if outcome.fate == push.GONE:
        at = g.at
        respond.write(lambda session: subscriptions.note_gone(session, subscription.id, at))
    return jsonify({"fate": outcome.fate, "said": _told(outcome.fate), "detail": str(outcome.why)})


def _told(fate: str) -> str:
    return {
        "delivered": _("Sent. It should appear in a few seconds."),
        "gone": _("The browser’s maker knows this device no more. Switch messages off and on again."),
        "later": _("The browser’s maker took no message. Does this server have a way to the internet?"),
    }[fate]


def _mine(endpoint: str) -> PushSubscription:
    """The subscription of the one who asks, and of nobody else."""
    asking = security.who()
    found = subscriptions.find(session(), endpoint)
    if found is None or (found.person_id, found.device_id) != (asking.person_id, asking.device_id):
        raise BadRequest(_("This device takes no messages yet."))
    return found


def _sent() -> Subscription:
    sent = forms.checked(Subscription, respond.body())
    subscriptions.check(Browser(sent.endpoint, sent.keys.p256dh, sent.keys.auth))
    return sent


def _endpoint(field: str = "endpoint") -> str:
    endpoint = respond.body().get(field)
    if not isinstance(endpoint, str) or not 0 < len(endpoint) <= subscriptions.LONGEST_ENDPOINT:
        raise BadRequest(_("%(field)s: the address that the browser gave", field=field))
    return endpoint


@lru_cache(maxsize=4)
def _vapid(data: Path, base_url: str) -> Vapid:
    from kanban.senders.push import vapid

    config.vapid_key(data)
    return vapid.load(data, base_url)
