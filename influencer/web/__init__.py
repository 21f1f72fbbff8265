"""The pages, the JSON API, WHEP, HLS and the chat socket: what viewers and operators reach over HTTP."""

from influencer.web.app import create_app
from influencer.web.background import alert_keeper, kept_till
from influencer.web.config import WebSettings
from influencer.web.server import server_config

__all__ = ["WebSettings", "alert_keeper", "create_app", "kept_till", "server_config"]
