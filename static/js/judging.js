// A judge's sheet: a large pad types into the field that is chosen, each value is sent by itself, and
// what could not be sent is kept on the phone and sent again until it is there. Without script the
// form saves and hands in as it stands.
(function () {
  "use strict";
  var form = document.querySelector("[data-judging]");
  if (!form) return;
  var pad = form.querySelector("[data-pad]");
  var kept = form.querySelector("[data-kept]");
  var fields = Array.prototype.slice.call(form.querySelectorAll(".nx-score"));
  var store = "judging:" + location.pathname;
  var waiting = read();
  var current = fields.find(function (f) { return !f.value; }) || fields[0];
  var sending = false, later = null;

  function read() {
    try { return JSON.parse(localStorage.getItem(store)) || {}; } catch (error) { return {}; }
  }
  function write() {
    try {
      if (Object.keys(waiting).length) localStorage.setItem(store, JSON.stringify(waiting));
      else localStorage.removeItem(store);
    } catch (error) { /* a private window keeps nothing */ }
  }
  function say(text) { kept.textContent = text; }
  function changed(field) {
    waiting[field.name] = field.value;
    write();
    clearTimeout(later);
    later = setTimeout(send, 600);
  }
  function post(body) {
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    return fetch(location.pathname, { method: "POST", body: body, headers: { Accept: "application/json" } })
      .then(function (answer) { return answer.json(); });
  }
  function send() {
    var name = Object.keys(waiting).find(function (n) { return waiting[n] !== ""; });
    if (!name || sending) return;
    var value = waiting[name];
    var body = new FormData();
    body.append(name, value);
    sending = true;
    say("在存……");
    post(body)
      .then(function (told) {
        if (waiting[name] === value) delete waiting[name];
        write();
        say(told.kept ? "存好了" : told.said);
        sending = false;
        if (told.kept) send();
      })
      .catch(function () {
        sending = false;
        say("网络不好，先记在手机上，连上了自动存。");
        clearTimeout(later);
        later = setTimeout(send, 4000);
      });
  }

  fields.forEach(function (field) {
    if (waiting[field.name]) field.value = waiting[field.name];
    field.inputMode = "none"; // the pad below is the keyboard
    field.addEventListener("focus", function () { current = field; });
    field.addEventListener("input", function () { changed(field); });
  });
  pad.hidden = false;
  pad.addEventListener("click", function (event) {
    var key = event.target.dataset.key;
    if (!key || !current) return;
    var text = current.value;
    if (key === "back") text = text.slice(0, -1);
    else if (text.length < 9 && !(key === "." && text.indexOf(".") >= 0)) text += key;
    current.value = text;
    changed(current);
  });
  form.addEventListener("submit", function (event) {
    if (!event.submitter || event.submitter.value !== "hand_in") return;
    event.preventDefault();
    clearTimeout(later);
    var body = new FormData();
    fields.forEach(function (field) { body.append(field.name, field.value); });
    body.append("do", "hand_in");
    say("在交……");
    post(body)
      .then(function (told) {
        if (!told.kept) { say(told.said); return; }
        waiting = {};
        write();
        location.assign(told.url);
      })
      .catch(function () { say("网络不好，没交上。分都记在手机上，连上了再点一次“交”。"); });
  });
  window.addEventListener("online", send);
  if (Object.keys(waiting).length) send();
})();
