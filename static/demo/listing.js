// @ts-check
/** Shows the programs of an example from their files, so that page and program cannot differ. */
for (const listing of document.querySelectorAll("[data-listing]")) {
  const response = await fetch(/** @type {HTMLElement} */ (listing).dataset.listing ?? "");
  listing.textContent = await response.text();
}
