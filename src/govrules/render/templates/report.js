/* The page is whole without this. It opens what is folded for printing and for a link that points
   into it, and makes tables sort and filter. */
(function () {
  "use strict";
  var each = function (list, act) { Array.prototype.forEach.call(list, act); };
  var opened = [];
  addEventListener("beforeprint", function () {
    each(document.querySelectorAll("details:not([open])"), function (it) { it.open = true; opened.push(it); });
  });
  addEventListener("afterprint", function () {
    opened.forEach(function (it) { it.open = false; });
    opened = [];
  });
  function show() {
    var name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch (error) { return; }
    var it = name && document.getElementById(name);
    for (; it; it = it.parentElement) if (it.tagName === "DETAILS") it.open = true;
  }
  addEventListener("hashchange", show);
  show();

  function sortable(table) {
    var body = table.tBodies[0], first = Array.prototype.slice.call(body.rows), heads = table.tHead.rows[0].cells;
    var controls = document.getElementById(table.dataset.controls);
    var narrow = matchMedia("(max-width: 39.99rem)");
    function value(row, column) {
      var cell = row.cells[column], said = cell.dataset.value;
      return said === undefined ? cell.textContent.trim().toLowerCase() : parseFloat(said);
    }
    function unsorted() { each(heads, function (head) { head.removeAttribute("aria-sort"); }); }
    function sort(column, down) {
      var way = down ? -1 : 1;
      unsorted();
      heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
      first.slice().sort(function (one, two) {
        var a = value(one, column), b = value(two, column);
        return typeof a === "number" ? way * (a - b) : way * a.localeCompare(b);
      }).forEach(function (row) { body.appendChild(row); });
    }
    each(heads, function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener("click", function () {
        var now = head.getAttribute("aria-sort"), number = first[0] && first[0].cells[column].dataset.value !== undefined;
        sort(column, now ? now === "ascending" : number);
      });
    });
    function reachable() { each(heads, function (head) { head.firstChild.tabIndex = narrow.matches ? -1 : 0; }); }
    narrow.addEventListener("change", reachable);
    reachable();

    function labelled(text, field) {
      var label = document.createElement("label");
      label.textContent = text;
      label.appendChild(field);
      controls.appendChild(label);
      return field;
    }
    function choice(text, options) {
      var field = document.createElement("select");
      options.forEach(function (it) { field.add(new Option(it[0], it[1])); });
      return labelled(text, field);
    }
    var find = document.createElement("input");
    find.type = "search";
    find.autocomplete = "off";
    labelled("Find", find);
    var level = choice("Gravest finding", [["Any", ""], ["Critical", "critical"], ["High", "high"], ["Medium", "medium"], ["Low", "low"], ["None flagged", "none"]]);
    var order = choice("Sort by", [["Gravest first", ""]].concat(Array.prototype.map.call(heads, function (head, column) {
      return [head.textContent, String(column)];
    })));
    var told = document.createElement("output");
    controls.appendChild(told);
    order.addEventListener("change", function () {
      if (order.value === "") { unsorted(); first.forEach(function (row) { body.appendChild(row); }); return; }
      var column = Number(order.value);
      sort(column, Boolean(first[0]) && first[0].cells[column].dataset.value !== undefined);
    });
    function filter() {
      var wanted = find.value.toLowerCase(), shown = 0;
      first.forEach(function (row) {
        var fits = (!wanted || row.textContent.toLowerCase().indexOf(wanted) >= 0) && (!level.value || row.dataset.level === level.value);
        row.hidden = !fits;
        shown += fits;
      });
      told.textContent = shown + " of " + first.length + " shown";
    }
    find.addEventListener("input", filter);
    level.addEventListener("change", filter);
    filter();
    controls.hidden = false;
  }
  each(document.querySelectorAll("table[data-controls]"), sortable);
})();
