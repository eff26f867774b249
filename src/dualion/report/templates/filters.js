// Filters of the ledger. Without this script every row is shown.
(function () {
  document.querySelectorAll(".ledger").forEach(function (ledger) {
    var form = ledger.querySelector("form.filters");
    var rows = Array.prototype.slice.call(ledger.querySelectorAll("tbody tr"));
    var verdict = form.querySelector('[data-filter="verdict"]');
    var words = form.querySelector('[data-filter="text"]');
    var count = form.querySelector('[data-filter="count"]');
    var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
    function apply() {
      var wanted = words.value.trim().toLowerCase();
      var shown = 0;
      rows.forEach(function (row, index) {
        var keep = (!verdict.value || row.dataset.verdict === verdict.value) && (!wanted || texts[index].indexOf(wanted) !== -1);
        row.hidden = !keep;
        if (keep) { shown += 1; }
      });
      count.textContent = shown + " of " + rows.length + " claims";
    }
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    window.addEventListener("beforeprint", function () { rows.forEach(function (row) { row.hidden = false; }); });
    window.addEventListener("afterprint", apply);
    apply();
  });
})();
