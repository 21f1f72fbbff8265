"""The states of an order and the steps between them. Pure: who writes a state asks here first.

pending           priced, its stock held, waiting for the payment
paid              the money is there and the stock is taken
fulfilled         sent to the buyer
cancelled         not paid in time, failed, or given up; the stock is back
partly_refunded   some of the money went back
refunded          all of it
"""

from __future__ import annotations

from typing import Literal, get_args

from influencer.errors import Conflict

OrderState = Literal["pending", "paid", "fulfilled", "cancelled", "partly_refunded", "refunded"]
ORDER_STATES: tuple[OrderState, ...] = get_args(OrderState)

STEPS: dict[OrderState, frozenset[OrderState]] = {
    "pending": frozenset({"paid", "cancelled"}),
    "paid": frozenset({"fulfilled", "partly_refunded", "refunded"}),
    "fulfilled": frozenset({"partly_refunded", "refunded"}),
    "partly_refunded": frozenset({"fulfilled", "refunded"}),
    # A payment that arrives after we gave up: taken after all when the stock allows it, else the money goes back.
    "cancelled": frozenset({"paid", "refunded"}),
    "refunded": frozenset(),
}
SOLD: frozenset[OrderState] = frozenset({"paid", "fulfilled", "partly_refunded"})
"""Somebody paid for it and kept at least a part: what counts as a sale."""


def may_become(state: OrderState, to: OrderState) -> bool:
    """Whether an order may go from one state to the other."""
    return to in STEPS[state]


def sources(to: OrderState) -> tuple[OrderState, ...]:
    """The states an order can come from: what a conditional write compares with."""
    return tuple(state for state in ORDER_STATES if to in STEPS[state])


def check_step(state: OrderState, to: OrderState) -> None:
    """Refuse a step that is not in the table.

    Raises:
        Conflict: the message says what is possible.
    """
    if not may_become(state, to):
        allowed = ", ".join(sorted(STEPS[state])) or "nothing"
        raise Conflict(f"an order that is {state} cannot become {to}; it can become {allowed}")
