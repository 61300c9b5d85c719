// A card's page: a hand scanner that reads another card goes on in the scanner, which has the list and its Undo.
"use strict";

wedge.listen((code) => {
  if (!code) return;
  sessionStorage.setItem("kanban.scanned", code);
  location.assign("/scan");
});
