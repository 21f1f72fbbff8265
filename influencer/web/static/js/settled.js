// Waits for the payment of an order: webhooks reach the server, and the server is asked.

const POLL_MS = 1000;

// Resolves with the order once it is no longer pending; `signal` stops the asking (and then it never resolves).
export async function settled(id, signal) {
  while (!signal?.aborted) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const response = await fetch(`/api/orders/${id}`, { signal }).catch(() => null);
    if (!response?.ok) continue; // the server restarts, or the network is away
    const order = await response.json();
    if (order.state !== "pending") return order;
  }
  return new Promise(() => {});
}
