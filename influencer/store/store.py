"""The open database and its repositories."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from influencer.store.advertisers import AdvertiserRepository
from influencer.store.airtime import AirtimeRepository
from influencer.store.alerts import AlertRepository
from influencer.store.api_keys import ApiKeyRepository
from influencer.store.audit import AuditLog
from influencer.store.briefs import BriefRepository
from influencer.store.budgets import BudgetRepository
from influencer.store.carts import CartRepository
from influencer.store.chat import ChatRepository
from influencer.store.consents import ConsentRepository
from influencer.store.coupons import CouponRepository
from influencer.store.desks import DeskRepository
from influencer.store.engine import create_engine, database_url, utc_now
from influencer.store.events import EventRepository
from influencer.store.experiments import ExperimentRepository
from influencer.store.footage import FootageRepository
from influencer.store.handoffs import HandOffRepository
from influencer.store.heard import HeardRepository
from influencer.store.insight import InsightRepository
from influencer.store.journal import EventJournal
from influencer.store.likeness_links import LikenessLinkRepository
from influencer.store.likes import LikeRepository
from influencer.store.migrate import upgrade
from influencer.store.moderation import ModerationRepository
from influencer.store.open_questions import OpenQuestionRepository
from influencer.store.order_steps import OrderStepRepository
from influencer.store.orders import OrderRepository
from influencer.store.packs import PackRepository
from influencer.store.portraits import PortraitRepository
from influencer.store.positions import PositionRepository
from influencer.store.privacy import Privacy
from influencer.store.programme import ProgrammeRepository
from influencer.store.proposals import ProposalRepository
from influencer.store.recordings import RecordingRepository
from influencer.store.refunds import RefundRepository
from influencer.store.sales import SalesRepository
from influencer.store.sandbox import SandboxRepository
from influencer.store.sessions import Sessions
from influencer.store.shows import ShowRepository
from influencer.store.sign_ins import SignInRepository
from influencer.store.sold_lines import SoldLineRepository
from influencer.store.stock import StockRepository
from influencer.store.users import UserRepository
from influencer.store.utterances import UtteranceRepository
from influencer.store.webhooks import WebhookRepository


class Store:
    """Repositories over one engine. Close it when the last show has stopped."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        sessions = Sessions(engine)
        self.shows = ShowRepository(sessions, now)
        self.positions = PositionRepository(sessions, now)
        self.desks = DeskRepository(sessions, now)
        self.utterances = UtteranceRepository(sessions, now)
        self.chat = ChatRepository(sessions, now)
        self.briefs = BriefRepository(sessions, now)
        self.carts = CartRepository(sessions, now)
        self.coupons = CouponRepository(sessions, now)
        self.packs = PackRepository(sessions, now)
        self.programme = ProgrammeRepository(sessions, now)
        self.proposals = ProposalRepository(sessions, now)
        self.heard = HeardRepository(sessions)
        self.budgets = BudgetRepository(sessions, now)
        self.recordings = RecordingRepository(sessions, now)
        self.privacy = Privacy(sessions, now)
        self.orders = OrderRepository(sessions, now)
        self.sold_lines = SoldLineRepository(sessions)
        self.order_steps = OrderStepRepository(sessions, now)
        self.refunds = RefundRepository(sessions, now)
        self.sandbox = SandboxRepository(sessions, now)
        self.stock = StockRepository(sessions)
        self.consents = ConsentRepository(sessions, now)
        self.portraits = PortraitRepository(sessions, now)
        self.footage = FootageRepository(sessions, now)
        self.airtime = AirtimeRepository(sessions, now)
        self.likeness_links = LikenessLinkRepository(sessions, now)
        self.likes = LikeRepository(sessions)
        self.advertisers = AdvertiserRepository(sessions, now)
        self.users = UserRepository(sessions, now)
        self.sign_ins = SignInRepository(sessions, now)
        self.api_keys = ApiKeyRepository(sessions, now)
        self.audit = AuditLog(sessions, now)
        self.events = EventRepository(sessions)
        self.journal = EventJournal(self.events.append)
        self.sales = SalesRepository(sessions)
        self.experiments = ExperimentRepository(sessions, now)
        self.moderation = ModerationRepository(sessions, now)
        self.hand_offs = HandOffRepository(sessions, now)
        self.insight = InsightRepository(sessions, now)
        self.open_questions = OpenQuestionRepository(sessions, now)
        self.webhooks = WebhookRepository(sessions, now)
        self.alerts = AlertRepository(sessions, now)

    async def ping(self) -> None:
        """One round trip; raises what the driver raises when the database is gone."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def aclose(self) -> None:
        """Close every connection; safe to call twice."""
        await self._engine.dispose()

    async def __aenter__(self) -> Store:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


async def open_store(url: str, now: Callable[[], datetime] = utc_now) -> Store:
    """Open a database and bring it to the newest schema; several processes may do so at once.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`; the async drivers are put in.
        now: the wall clock that stamps the rows.

    Raises:
        InvalidInput: the URL is not one of these.
    """
    checked = database_url(url)
    await asyncio.to_thread(upgrade, checked)
    return Store(create_engine(checked), now)
