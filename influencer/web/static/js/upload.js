// Files go to the JSON API as multipart/form-data; answers and problems are JSON as everywhere.

import { Problem } from "./api.js";

export async function upload(path, fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value) body.append(name, value);
  const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const response = await fetch(path, { method: "POST", body, headers: { Accept: "application/json", "X-CSRF-Token": csrf } });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem({ title: response.statusText, ...answer, status: response.status });
  return answer;
}
