"""What must survive a restart: shows, positions, utterances, chat, orders, stock. SQLite by default, or PostgreSQL."""

from influencer.store.chat import ChatRepository, StoredMessage
from influencer.store.engine import utc_now
from influencer.store.orders import NewOrder, Order, OrderRepository
from influencer.store.positions import PositionRepository
from influencer.store.shows import ShowRepository, StoredShow
from influencer.store.stock import StockRepository
from influencer.store.store import Store, open_store
from influencer.store.utterances import NewUtterance, Utterance, UtteranceRepository

__all__ = [
    "ChatRepository",
    "NewOrder",
    "NewUtterance",
    "Order",
    "OrderRepository",
    "PositionRepository",
    "ShowRepository",
    "StockRepository",
    "Store",
    "StoredMessage",
    "StoredShow",
    "Utterance",
    "UtteranceRepository",
    "open_store",
    "utc_now",
]
