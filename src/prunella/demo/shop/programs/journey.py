"""A customer's journey: pay, look at the payment again, compare. Exits 0 when all is as it should be.

Usage: python -m programs.journey SHOP_URL FEE_PERCENT
"""

import sys

from . import serving

AMOUNT = 1250


def journey(shop_url: str, fee_percent: float) -> str:
    """What is wrong, in one line; "" when nothing is."""
    try:
        paid = serving.ask("POST", f"{shop_url}/pay", {"amount": AMOUNT}, timeout_s=5.0)
        if paid.status != 201:
            return f"POST /pay answered {paid.status}: {paid.body.get('error')}"
        seen = serving.ask("GET", f"{shop_url}/pay/{paid.body['id']}", timeout_s=5.0)
    except OSError as error:
        return f"{shop_url}: {error}"
    if seen != (200, paid.body) or seen.body["amount"] != AMOUNT:
        return f"paid {paid.body}, but GET /pay/{paid.body['id']} answered {seen.status}: {seen.body}"
    if (fee := round(AMOUNT * fee_percent / 100)) != paid.body["fee"]:
        return f"the fee was {paid.body['fee']} cents, {fee} cents expected ({fee_percent} percent of {AMOUNT})"
    return ""


if __name__ == "__main__":
    trouble = journey(sys.argv[1], float(sys.argv[2]))
    sys.exit(trouble or 0)
