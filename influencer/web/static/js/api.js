// Calls to the JSON API. The page's CSRF token goes along; a failure is thrown as the problem the server told (RFC 9457).

export class Problem extends Error {
  constructor({ status = 0, title = "", detail = "", fields = [], ...rest }) {
    super(detail || title);
    Object.assign(this, { status, title, detail, fields, rest });
  }
}

const UNREACHABLE = "The server cannot be reached.";

// The answer's JSON, null when it has no body. `headers` are added, for instance an Idempotency-Key.
export async function api(method, path, body = undefined, headers = {}) {
  const response = await send(method, path, body, headers);
  return response.json().catch(() => null);
}

// An answer that is a file, such as a film.
export async function apiBlob(method, path, body = undefined, headers = {}) {
  return (await send(method, path, body, headers)).blob();
}

async function send(method, path, body, headers) {
  const csrf = document.querySelector('meta[name="csrf-token"]')?.content;
  const sent = { Accept: "application/json", ...headers };
  if (csrf) sent["X-CSRF-Token"] = csrf;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Problem({ detail: UNREACHABLE });
  }
  if (response.ok) return response;
  throw new Problem({ title: response.statusText, ...(await response.json().catch(() => null)), status: response.status });
}

// Puts each mistake of a problem beside its control (by name) and returns the ones that belong to none.
export function showMistakes(form, problem) {
  for (const control of form.elements) mark(control, "");
  return problem.fields.filter(({ field, allowed }) => {
    const control = form.elements.namedItem(field);
    if (!(control instanceof Element)) return true;
    mark(control, allowed);
    return false;
  });
}

function mark(control, text) {
  const place = control.closest(".field")?.querySelector(".mistake");
  if (place) place.textContent = text;
  if (text) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
}
