"""What must survive a restart: shows, utterances, chat, carts, orders, stock, consents, portraits, accounts, events."""

from influencer.store.chat import ChatRepository, StoredMessage
from influencer.store.consents import ConsentRepository
from influencer.store.engine import utc_now
from influencer.store.orders import NewOrder, Order, OrderLine, OrderRepository
from influencer.store.portraits import NewPortrait, PortraitRepository, StoredPortrait
from influencer.store.positions import PositionRepository
from influencer.store.shows import ShowRepository, StoredShow
from influencer.store.stock import StockRepository
from influencer.store.store import Store, open_store
from influencer.store.utterances import NewUtterance, SpokenFact, Utterance, UtteranceRepository

__all__ = [
    "ChatRepository",
    "ConsentRepository",
    "NewOrder",
    "NewPortrait",
    "NewUtterance",
    "Order",
    "OrderLine",
    "OrderRepository",
    "PortraitRepository",
    "PositionRepository",
    "ShowRepository",
    "SpokenFact",
    "StockRepository",
    "Store",
    "StoredMessage",
    "StoredPortrait",
    "StoredShow",
    "Utterance",
    "UtteranceRepository",
    "open_store",
    "utc_now",
]
