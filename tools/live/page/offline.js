// Where the page is served: what was fetched once is kept, so that a second visit needs no network.
const KEPT = "live-$version";

self.addEventListener("activate", (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name.startsWith("live-") && name !== KEPT) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(old());
});

self.addEventListener("install", () => self.skipWaiting());

// Only this page and what lies in its folder; another version of the site brings another name of the store.
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== self.location.origin || !/\/live(\.html|\/[\w-]+\.js)$$/.test(pathname)) return;
  const answer = async () => {
    const store = await caches.open(KEPT), found = await store.match(event.request, { ignoreSearch: true });
    if (found) return found;
    const fresh = await fetch(event.request);
    if (fresh.ok) store.put(event.request, fresh.clone());
    return fresh;
  };
  event.respondWith(answer());
});
