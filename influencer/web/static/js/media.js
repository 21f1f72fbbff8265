// Pictures and videos that are made when they are asked for. The page's policy lets pictures come from here or from data: URLs.

import { Problem } from "./api.js";

// What a POST answers with, or the problem it told. `signal` gives it up.
export async function blobOf(path, body, signal) {
  const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const headers = { Accept: "image/*, video/*, application/problem+json", "Content-Type": "application/json", "X-CSRF-Token": csrf };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal });
  if (!response.ok) throw new Problem({ title: response.statusText, ...(await response.json().catch(() => ({}))), status: response.status });
  return response.blob();
}

export function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
