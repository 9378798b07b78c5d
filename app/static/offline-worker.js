// Opens the report, and a survey at the door, without a network: only those addresses are touched, and only when the network fails.
"use strict";

const KEPT = "report";
const DOOR = /^\/desk\/[^/]+\/surveys\/[^/]+\/door\/?$/;
const REPORT = /^\/(?:e\/[^/]+\/maintenance(?:\/new(?:\/.*)?)?|q\/[^/]+)\/?$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The estate's own page; for a sticker the page of the estate that has its code.
async function keptPage(path) {
  if (DOOR.test(path)) return (await caches.open("surveys")).match(path);
  const cache = await caches.open(KEPT);
  const estate = /^\/e\/([^/]+)\//.exec(path);
  if (estate) return cache.match(`/e/${estate[1]}/maintenance/new/offline`);
  const code = decodeURIComponent(path.split("/")[2]).toUpperCase();
  for (const request of await cache.keys()) {
    if (!request.url.endsWith("/maintenance/new/offline")) continue;
    const page = await cache.match(request);
    if ((await page.clone().text()).includes(`value="${code}"`)) return page;
  }
  return undefined;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && (REPORT.test(url.pathname) || DOOR.test(url.pathname))) {
    event.respondWith(
      fetch(request).catch(async (failure) => {
        const page = await keptPage(url.pathname);
        if (page) return page;
        throw failure;
      }),
    );
  } else if (url.pathname.startsWith("/static/")) {
    // The address carries the content's hash, so what is kept is what the server would send.
    event.respondWith(
      fetch(request).catch(async (failure) => {
        const file = await caches.match(request);
        if (file) return file;
        throw failure;
      }),
    );
  }
});
