"use strict";
/* The diary, one question at a time. What it shows of a dose comes word for word from the signed plan that the clinic
   sent; nothing is worked out here. Every tap of a dose is kept before the next question is shown. */
(() => {
  const read = (id) => {
    const found = document.getElementById(id);
    return found && found.textContent ? JSON.parse(found.textContent) : null;
  };
  const WORDS = read("words");
  const ROOT = document.getElementById("diary");
  const EFFECTS = ["dizziness", "nausea", "drowsiness", "dissociation", "confusion", "headache", "palpitations", "fatigue",
    "urinary_frequency", "urinary_urgency", "urinary_pain", "urinary_blood"];
  const FLAGS = ["cannot_be_woken", "chest_pain", "severe_headache", "suicidal_thoughts", "hears_or_sees_things",
    "yellow_eyes", "pregnant", "took_extra"];
  const CALL = ["cannot_be_woken", "chest_pain", "severe_headache", "suicidal_thoughts", "emergency"]; // the emergency first
  const WHY_NOT = { forgot: "forgot", effects: "side effects", no_need: "did not need it", ran_out: "none left",
    told: "the clinic said so", other: "another reason" };
  const FRESH = 10 * 60 * 1000;
  const APART = 5 * 60 * 1000; // so far the clock of a phone may be from the clinic's, as where the clinic takes entries
  const A_WHILE = 20 * 1000; // how often a page that stands open looks whether the day is over
  const OF_DRAFT = ["pain", "activity", "sleep", "mood", "peg", "effects", "which", "grade"];
  const OF_A_DAY = [...OF_DRAFT, "why", "extra", "timer", "pressure"]; // pages whose answer is of one day

  let state = null; // what the clinic sent last
  let written = []; // in short, what was written on this phone or is known to the clinic
  let queue = [];
  let owner = ""; // the case whose diary this is; it outlives the plan of a phone that was let out
  let strange = 0; // entries kept here for another patient: never sent from here as this one's, never shown
  let day = ""; // the day that is written about
  let turned = ""; // the day of the phone's clock, when it was looked at last
  let begun = false; // what is being written was begun before the day turned, and stays of its own day
  let draft = null; // answers of the questions of one day
  let saved = null; // the same as it is kept on the phone: { case, day, draft, at }
  let left = ""; // "wiped" or "changed": another page of this browser let this patient out, and this page is over
  let clinic = {}; // whom to call, also where nothing else is known any more
  let off = 0; // milliseconds by which the clock of the phone is ahead of the clinic's, where that is too much
  let note = ""; // said once, above the page
  let enrolled = true;
  let broken = false; // an act of the page itself failed
  let drawn = ""; // what the top of the page speaks of

  const say = (name, facts = {}) => (WORDS[name] || name).replace(/\{([a-z]+)\}/g, (_, key) => String(facts[key]));

  // Building the page

  function el(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "tap") made.addEventListener("click", value);
      else if (value === true) made.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false));
    return made;
  }

  const button = (text, tap, kind = "") => el("button", { type: "button", class: kind, tap: once(tap) }, text);
  const title = (text) => el("h1", { tabindex: "-1" }, text);

  /* A second tap on the same button does nothing while the first is at work. One that fails is never silent. */
  function once(act) {
    let busy = false;
    return async (event) => {
      if (busy) return;
      busy = true;
      try {
        await act(event);
        broken = false;
        draw_top();
      } catch (error) {
        broken = true;
        draw_top();
        throw error;
      } finally { busy = false; }
    };
  }

  function show(...children) {
    const step = el("div", { class: "step" }, of_which_day(), ...children);
    // On the page of danger nothing stands before the words of danger.
    ROOT.replaceChildren(top(), ...(here().step === "danger" ? [step, warnings()] : [warnings(), step]));
    const head = ROOT.querySelector("h1");
    if (head) head.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  const standing_top = () => [queue.length, Keep.works, broken, enrolled, left, clock_wrong()].join();

  function draw_top() {
    if (drawn === standing_top() || !ROOT.querySelector("header")) return;
    ROOT.querySelector("header").replaceWith(top());
    ROOT.querySelector(".warnings").replaceWith(warnings());
  }

  /* On every page, that of danger too: what this phone cannot do now. */
  function warnings() {
    const said = left ? [`left_${left}`] : [broken && "page_failed", !Keep.works && "no_storage",
      !enrolled && here().step !== "today" && "not_enrolled", clock_wrong() && (off ? "clock_wrong" : "clock_behind")];
    const lines = said.filter(Boolean).map((name) => el("p", {}, say(name, { day: shown(back(0)) })));
    return el("div", { class: "warnings" }, lines.length ? el("div", { class: "banner warn", role: "alert" }, lines) : null);
  }

  /* What became of an entry, true also where this phone cannot keep it. */
  const kept_words = () => (Keep.works ? say("kept") : queue.length ? unsent_words() : say("sent"));
  const unsent_words = () => (queue.length === 1 ? say("waiting_one") : say("waiting_many", { n: queue.length }));

  function top() {
    const unsent = queue.length;
    drawn = standing_top();
    return el("header", { class: "bar" },
      here().step === "today" ? el("span", { class: "name" }, say("app")) : button(say("back"), () => history.back(), "plain back"),
      unsent ? el("span", { class: "badge today unsent", role: "status" }, unsent_words()) : null,
      el("button", { type: "button", class: "danger help-now", tap: () => go("flags") }, say("help")));
  }

  // Going from one question to the next; the back button goes one back

  const here = () => history.state || { step: "today" };

  function go(step, more = {}) {
    note = "";
    history.pushState({ step, ...more }, "");
    draw();
  }

  /* The next question. What was answered before is on the phone first: a phone throws pages away as it likes. */
  async function go_on(step, more = {}) {
    if (!draft.entry.bad_day) await put_draft({ step, ...more });
    go(step, more);
  }

  async function put_draft(at) {
    saved = { case: owner, day, draft, at };
    await Keep.put("draft", saved);
  }

  async function drop_draft() {
    saved = null;
    await Keep.drop("draft");
  }

  function home(words = "") {
    note = words;
    draft = null;
    history.pushState({ step: "today" }, "");
    draw();
  }

  window.addEventListener("popstate", () => { note = ""; draw(); });

  function draw() {
    const { step } = here();
    if (left && step !== "danger") return over();
    const steps = { today, why, pain, activity, sleep, mood, peg, pressure, effects, which, grade, done, flags, danger, extra,
      timer, more, earlier };
    if (OF_DRAFT.includes(step) && !draft) return today();
    return (steps[step] || today)();
  }

  // Days

  const two = (number) => String(number).padStart(2, "0");
  const now = () => new Date(Date.now() - off);
  const iso = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;

  function back(days) {
    const date = now();
    date.setHours(12, 0, 0, 0); // noon: no change of the clocks moves it to another day
    date.setDate(date.getDate() - days);
    return iso(date);
  }

  function entered() {
    const at = now();
    const offset = -at.getTimezoneOffset();
    const sign = offset < 0 ? "-" : "+";
    const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
    return `${iso(at)}T${clock(at)}:${two(at.getSeconds())}${sign}${two(hours)}:${two(minutes)}`;
  }

  const shown = (text) => new Date(`${text}T12:00:00`).toLocaleDateString(document.documentElement.lang,
    { weekday: "long", day: "numeric", month: "long" });
  const day_name = () => (day === back(0) ? say("today") : day === back(1) ? say("yesterday") : shown(day));

  /* How far the phone's clock is from the clinic's: ``checked`` was said between the two times of the phone. A little is
     borne; from more on the clinic's clock is the one by which days and hours are offered and written. */
  function measure(checked, asked, heard) {
    const said = Date.parse(checked);
    const ahead = asked - said > APART ? asked - said : heard - said < -APART ? heard - said : 0;
    off = Number.isNaN(said) ? 0 : ahead;
  }

  /* Without a network too: what the clinic said last cannot be of a time to come. */
  const clock_wrong = () => Boolean(off || (state && Date.now() + APART < Date.parse(state.checked)));

  const of_which_day = () => (OF_A_DAY.includes(here().step) && day !== back(0)
    ? el("p", { class: "strong of-day", role: "status" }, day_name()) : null);

  /* Turns the page where the clock of the phone has come to another day. True where the page of the day before was shown:
     what was tapped there was not meant for this one. What was begun is not lost, and says of which day it is. */
  function turn() {
    if (turned === back(0)) return false;
    turned = back(0);
    renew();
    const { step } = here();
    if (step !== "today" && (draft || ["why", "extra", "timer", "pressure"].includes(step))) {
      begun = true;
      ROOT.querySelector(".of-day")?.remove();
      const line = of_which_day();
      if (line) ROOT.querySelector(".step").prepend(line); // the rest stays: a running timer, a number half typed
      return false;
    }
    draft = null;
    day = turned;
    if (step !== "today" && !OF_DRAFT.includes(step)) return false; // help and receipts are of no day
    draw();
    return true;
  }

  // Before any tap counts; only what calls for help is never held up
  ROOT.addEventListener("click", (event) => {
    if (event.target.closest(".danger, a") || !turn()) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  setInterval(turn, A_WHILE);

  // What is known of a day

  const dose_of = () => (state && state.status === "on_plan" || state && state.status === "not_begun" ? state.days[day] : null);
  const not_taken = () => new Set(queue.filter((one) => one.refused).map((one) => one.id)); // what the clinic refused is not on record
  const of_day = () => written.filter((one) => one.day === day && !not_taken().has(one.id));

  function logged() {
    const dose = dose_of();
    const all = of_day().some((one) => one.taken === "all") && dose ? dose.times : 0;
    const doses = of_day().flatMap((one) => one.doses).filter((one) => one.what !== "unplanned");
    return { doses, count: Math.max(all, doses.length) };
  }

  const pending = () => (dose_of() ? Math.max(dose_of().times - logged().count, 0) : 0);
  const daily_done = () => of_day().some((one) => one.daily);

  // Keeping

  const new_id = () => (crypto.randomUUID ? crypto.randomUUID()
    : [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join(""));

  const in_short = ({ id, entry }) => ({ id, day: entry.day, taken: entry.taken || "",
    pain: entry.pain ? entry.pain.average : -1, daily: Boolean(entry.pain), bp: Boolean(entry.blood_pressure),
    doses: (entry.doses || []).map((one) => ({ what: one.what, at: one.at || "" })) });

  const told_from = (name) => ((state && state.asks.told_from) || {})[name] || 3; // from which grade on staff are told at once
  const limits = () => (state && state.asks.pressure_limits) || [];
  const too_high = (high, low) => limits().some((one) => one.upper <= high || one.lower <= low);

  /* What staff have to know at once goes before all else, and is tried again whatever became of it. */
  const alarming = (entry) => Boolean((entry.flags || []).length || (entry.doses || []).some((one) => one.what === "unplanned")
    || Object.entries(entry.effects || {}).some(([name, grade]) => told_from(name) <= grade)
    || (entry.blood_pressure || []).some((one) => too_high(...one.split(/[/ ]/).map(Number))));

  async function keep(entry, id = new_id()) {
    await still_mine();
    const item = { id, case: owner, made: Date.now(), off, urgent: alarming(entry), entry: { day, entered: entered(), ...entry } };
    await Keep.add(item);
    written = [...written.filter((one) => one.id !== id), in_short(item)];
    await put_written();
    await count();
    Tabs.tell("written");
    Send.flush().catch(() => {});
    return id;
  }

  /* Before anything is written: the store is still of this patient. Throws where it is not. */
  async function still_mine() {
    const known = left ? null : await Keep.get("owner");
    if (known && owner && known !== owner) leave("changed");
    if (left) throw new Error(`this page is over: ${left}`);
  }

  /* This page is over: it forgets, lets the store go, and writes nothing more. Words of danger stay until they are read. */
  function leave(how) {
    if (left) return;
    left = how;
    Send.stop();
    Keep.close();
    [state, draft, saved, written, queue, strange, note] = [null, null, null, [], [], 0, ""];
    if (here().step === "danger") draw_top();
    else if (how === "changed") reopen();
    else draw();
  }

  const reopen = () => location.replace("/p/");

  function over() {
    show(title(say("app")), numbers(true, "pair"), button(say("left_again"), reopen, "large"));
  }

  Tabs.listen((what, whose) => {
    if (what === "wiped") leave("wiped");
    else if (what === "owner" && owner && whose && whose !== owner) leave("changed"); // said, where no store can be read
    else if (left && here().step !== "danger") reopen(); // signed out, or let in anew: the clinic says how it stands
    else look_again();
  });

  /* What other pages of this browser wrote meanwhile, and whose phone this is now. */
  async function reread() {
    const known = await Keep.get("owner");
    if (known && owner && known !== owner) { leave("changed"); return known; }
    const kept = await Keep.get("state");
    if (state && kept && kept.case === owner && Date.parse(state.checked) < Date.parse(kept.checked)) know(kept);
    await recall((state && state.entries) || []);
    await recall_draft();
    return known;
  }

  async function recall_draft() {
    const kept = (await Keep.get("draft")) || (Keep.works ? null : saved);
    const sent = (one) => written.some((each) => each.id === one.draft.id);
    saved = kept && kept.case === owner && back(7) < kept.day && !sent(kept) ? kept : null;
    if (draft && sent({ draft })) draft = null; // it was written in another page
  }

  async function look_again() {
    if (left) return;
    const seen = () => JSON.stringify([written, queue.length, saved && saved.at, state && state.checked]);
    const before = seen();
    const known = await reread();
    if (Keep.works && owner && !known) renew(); // wiped, and nobody told this page: the clinic knows
    if (left || before === seen()) return;
    if (here().step === "today" || (OF_DRAFT.includes(here().step) && !draft)) draw();
    else draw_top();
  }

  function know(fresh) {
    state = fresh;
    if (fresh) clinic = fresh.clinic;
  }

  function merged(known, own) {
    const ids = new Set(known.map((one) => one.id));
    const since = back(8);
    const mine = new Map(own.map((one) => [one.id, one])); // with the receipt that this phone has
    return [...known.map((one) => ({ ...mine.get(one.id), ...one })), ...own.filter((one) => !ids.has(one.id) && since <= one.day)];
  }

  /* Beside what other pages of this browser wrote since. */
  async function put_written() {
    const kept = await Keep.get("written");
    if (kept && kept.case === owner) written = merged(written, kept.entries);
    await Keep.put("written", { case: owner, entries: written });
  }

  /* What waits here, of this patient and of others. */
  async function count() {
    const all = await Keep.waiting();
    queue = all.filter((one) => one.case === owner);
    strange = all.length - queue.length;
  }

  /* What this patient wrote here, and no other: what is not yet sent is known from the queue, whoever came between. */
  async function recall(known) {
    const kept = await Keep.get("written");
    const own = !kept ? written : kept.case === owner ? kept.entries : [];
    await count();
    written = merged(known, merged(own, queue.map(in_short)));
  }

  /* An entry without a name is of the patient this phone was known to have, or, where it knew none yet, of the first.
     One that an older page kept (no place for a name at all) is of whoever the kept plan is for. */
  async function name_unnamed(first) {
    const before = owner || ((await Keep.get("state")) || {}).case || "";
    for (const item of await Keep.waiting()) {
      const whose = item.case || before || (item.case === "" ? first : "");
      if (whose && whose !== item.case) await Keep.add({ ...item, case: whose });
    }
  }

  async function belongs_to(patient) {
    if (owner && owner !== patient) { // the phone changed hands: no page of the one before is left open
      draft = saved = null;
      written = [];
      note = "";
      day = back(0);
      history.replaceState({ step: "today" }, "");
    }
    const news = owner !== patient;
    owner = patient;
    Send.only(owner);
    await Keep.put("owner", owner);
    if (news) Tabs.tell("owner", owner);
  }

  Send.listen(async (news) => {
    if (news.what === "sent" && news.item.case === owner) {
      written = written.map((one) => (one.id === news.item.id ? { ...one, receipt: news.receipt } : one));
      await put_written();
      if (!enrolled) await renew();
    }
    if (news.what === "not_enrolled") { enrolled = false; await forget(); }
    if (news.what === "other") await renew();
    await count();
    if (news.what === "looked" && drawn === standing_top()) return; // nothing to show: no tap is disturbed
    if (["today", "done"].includes(here().step)) draw();
    else draw_top();
  });

  /* A phone that was let out shows no dose; what is not yet sent stays until somebody has read it. */
  async function forget() {
    state = null;
    await Keep.drop("state");
  }

  // Today

  function today() {
    if (begun) { begun = false; draft = null; day = back(0); }
    if (draft) draft = null; // gone back from: what was answered is kept, and offered below
    const dose = dose_of();
    const choice = days_to_choose();
    const head = title(day_name());
    if (choice) head.className = "visually-hidden";
    show(
      head, choice,
      day === back(0) || day === back(1) ? null : el("p", { class: "small muted" }, say("day_late")),
      note ? el("p", { class: "banner ok small", role: "status" }, note) : null,
      troubles(),
      dose ? dose_card(dose) : standing(),
      el("div", { class: "taps" }, begun_before(), dose_tap(dose), el("div", { class: "two" }, other_taps(dose))),
      read_by());
    if (note !== say("dose_stands")) note = ""; // why nothing was written is read until the next step; the page draws anew
  }

  /* Questions of which some were answered: they go on where they were left, of the day they were begun for. */
  const begun_here = () => Boolean(saved && saved.day === day && !daily_done());
  const throw_away = () => button(say("begun_drop"), async () => { await drop_draft(); draw(); });

  function go_on_with(kind) {
    const words = saved.day === back(0) ? say("begun_go_on") : say("begun_go_on_of", { day: shown(saved.day) });
    return button(words, () => { day = saved.day; draft = saved.draft; go(saved.at.step, keyed(saved.at)); }, kind);
  }

  const begun_before = () => (saved && saved.day !== day && day === back(0)
    ? el("div", { class: "pair" }, go_on_with(""), throw_away()) : null);

  const keyed = ({ step, ...more }) => more;

  function days_to_choose() {
    const both = [back(0), back(1)];
    const offered = state && now().getHours() < state.asks.yesterday_until;
    if (!both.includes(day) || (day === both[0] && !offered)) return null;
    return el("div", { class: "pair days", role: "group", "aria-label": say("day_ask") },
      both.map((one) => el("button", { type: "button", "aria-pressed": String(one === day),
        tap: () => { day = one; draw(); } }, one === both[0] ? say("today") : say("yesterday"))));
  }

  function troubles() {
    const refused = queue.filter((one) => one.refused);
    const lines = [];
    if (refused.length) lines.push(el("p", {}, say("refused", { why: refused[0].refused })));
    if (!enrolled) lines.push(el("p", {}, say("not_enrolled")));
    if (strange) lines.push(el("p", {}, strange === 1 ? say("others_one") : say("others_many", { n: strange })));
    return [lines.length ? el("div", { class: "banner warn", role: "alert" }, lines) : null, news()];
  }

  /* Shown beside troubles too: those may last for weeks. */
  function news() {
    const link = (words, href) => el("a", { class: "button new", href }, words);
    if (state && state.plan && !state.plan.read) return link(say("plan_new"), "/p/plan/");
    if (state && state.phone_added) return link(state.phone_added, "/p/phone/");
    return null;
  }

  function standing() {
    if (!state) return enrolled ? null : el("p", { class: "banner stop" }, say("plan_none"));
    if (!(day in state.days)) {
      return el("p", { class: "banner stop" }, say("plan_too_old", { day: shown(state.checked_on) }));
    }
    return el("p", { class: state.status === "on_plan" ? "card" : "banner stop" },
      state.status_text || say("dose_not_today"));
  }

  function dose_card(dose) {
    const seen = logged().doses.map((one) => (one.at && one.what === "taken" ? say("taken_at", { at: one.at })
      : say(one.what === "taken" ? "logged_taken" : "logged_missed")));
    const lines = seen.length ? seen : Array(logged().count).fill(say("logged_taken"));
    return el("section", { class: "card dose", "aria-label": say("dose_today") },
      dose.not_asked ? el("p", { class: "strong" }, dose.not_asked) : [
        el("p", { class: "big amount" }, dose.amount),
        el("p", {}, `${dose.times_text}. ${say("times_on_paper")}`),
        el("p", {}, dose.how)],
      lines.length ? el("ul", { class: "logged" }, lines.map((text, place) =>
        el("li", {}, dose.times > 1 ? `${place + 1}: ${text}` : text))) : null);
  }

  function dose_tap(dose) {
    if (!dose || !pending() || dose.not_asked) {
      return begun_here() ? el("div", { class: "pair" }, go_on_with("primary large"), throw_away()) : question_tap("primary large");
    }
    const words = dose.times === 1 ? say("taken") : say("taken_one", { k: dose.times - pending() + 1 });
    const tap = button(words, () => took(1), "primary large");
    return begun_here() ? el("div", { class: "pair" }, tap, go_on_with("large")) : tap;
  }

  function other_taps(dose) {
    const left = dose ? pending() : 0;
    const missed = dose && (dose.times === 1 ? say("not_taken") : say("not_taken_one", { k: dose.times - left + 1 }));
    return [
      left && dose.not_asked ? button(dose.times === 1 ? say("taken") : say("taken_one", { k: dose.times - left + 1 }), () => took(1)) : null,
      left ? button(missed, () => go("why", { day, before: logged().count })) : null,
      left > 1 && left === dose.times && !dose.not_asked ? button(say("taken_all", { n: left }), () => took(left)) : null,
      left && !dose.not_asked && !daily_done() ? (begun_here() ? throw_away() : question_tap("")) : null,
      button(say("bad_day"), begin_bad), button(say("extra_dose"), () => go("extra")),
      dose && dose.hold && left ? button(say("timer"), () => go("timer")) : null,
      button(say("more"), () => go("more")),
    ];
  }

  function question_tap(kind) {
    if (daily_done()) return el("p", { class: "badge ok state" }, say("done_today"));
    return button(kind ? say("questions") : say("questions_short"), begin, kind);
  }

  const read_by = () => state && el("p", { class: "read-by" },
    say("read_by", { who: state.clinic.read_by, when: state.clinic.read_when }));

  async function took(count, more = {}, before = logged().count) {
    const dose = dose_of();
    const minute = clock(now());
    // Two doses of one minute were written down after the fact: their times are not known.
    const at = count === 1 && day === back(0) && !logged().doses.some((one) => one.at === minute) ? { at: minute } : {};
    await slot(Array.from({ length: count }, () => ({ what: "taken", ...at, dose: `${dose.mg} mg`, ...more })), before);
  }

  /* Whether the dose that was asked of, after ``before`` others of its day, is on record. Without a plan none is due: what
     was tapped is written. */
  const stands = (before) => logged().count !== before || Boolean(dose_of() && !pending());

  /* A planned dose stands once: where it was written meanwhile, here or in another page, that is said instead. */
  async function slot(doses, before) {
    const kept = await Tabs.alone(async () => {
      await reread();
      return stands(before) ? "" : keep({ doses });
    });
    if (kept) await on_to_questions();
    else if (!left) home(say("dose_stands"));
  }

  /* Why one dose of one day was missed. Come back to when that dose stands, or of another day, it is the page of the day. */
  function why() {
    const { day: of = day, before = logged().count } = here();
    if (of !== day || stands(before)) {
      history.replaceState({ step: "today" }, "");
      if (of === day) note = say("dose_stands");
      today();
      return;
    }
    show(title(say("why_not")), el("div", { class: "taps" }, Object.entries(WHY_NOT).map(([name, text]) =>
      button(say(`why_${name}`), async () => {
        await slot([{ what: "missed", reason: text }], before);
      }, "large"))));
  }

  function on_to_questions() {
    if (pending() || daily_done() || begun_here()) home(kept_words());
    else begin();
  }

  // The questions of the day

  function begin() {
    const asks = (state && state.asks) || {};
    const after = [...(asks.peg ? ["pain", "enjoyment", "activity"].map((one) => ({ step: "peg", one })) : []),
      ...(asks.pressure && !of_day().some((one) => one.bp) ? [{ step: "pressure" }] : [])];
    draft = { id: new_id(), entry: {}, chain: [{ step: "pain" }, { step: "activity" }, { step: "sleep" }, { step: "mood" },
      ...after, { step: "effects" }] };
    go("pain", { place: 0 });
  }

  function begin_bad() {
    draft = { id: new_id(), entry: { bad_day: "yes" }, chain: [{ step: "pain" }] };
    go("pain", { place: 0 });
  }

  async function on() {
    const place = (here().place || 0) + 1;
    if (place < draft.chain.length) { const { step, ...more } = draft.chain[place]; await go_on(step, { place, ...more }); }
    else await finish();
  }

  async function finish() {
    const { id, entry, told } = draft;
    if (told && entry.effects && !Object.keys(entry.effects).length) delete entry.effects; // asked, and told already
    await keep(entry, id);
    draft = null;
    if (saved && saved.draft.id === id) await drop_draft();
    const worst = Math.max(0, ...Object.values(entry.effects || {}));
    if (worst >= 3) go("danger", { about: worst === 4 ? "emergency" : "severe", kept: id });
    else go("done", { kept: id });
  }

  const answer = (name, value) => async () => { draft.entry[name] = value; await on(); };
  const leave_out = () => button(say("skip"), on, "plain");

  function scale(question, least, most, take) {
    show(title(question), el("div", { class: "eleven", role: "group", "aria-label": question },
      Array.from({ length: 11 }, (_, value) => button(String(value), () => take(value)))),
    el("p", { class: "ends" }, el("span", {}, `0 = ${least}`), el("span", {}, `10 = ${most}`)), draft && leave_out());
  }

  function pain() {
    const bad = Boolean(draft.entry.bad_day);
    scale(say(bad ? "pain_ask_bad" : "pain_ask"), say("pain_least"), say("pain_most"),
      async (value) => { draft.entry.pain = { average: value }; await on(); });
  }

  function activity() {
    const own = state && state.asks.activity;
    show(title(own ? say("activity_ask", { activity: own }) : say("activity_ask_plain")), el("div", { class: "taps" },
      ["done", "partly", "no"].map((word) => button(say(`activity_${word}`), answer("activity", word), "large"))), leave_out());
  }

  const sleep = () => scale(say("sleep_ask"), say("scale_worst"), say("scale_best"), (value) => answer("sleep", value)());
  const mood = () => scale(say("mood_ask"), say("scale_worst"), say("scale_best"), (value) => answer("mood", value)());

  function peg() {
    const { one } = here();
    const ends = one === "pain" ? ["pain_least", "pain_most"] : ["peg_least", "peg_most"];
    scale(say(`peg_ask_${one}`), say(ends[0]), say(ends[1]), async (value) => {
      draft.peg = { ...draft.peg, [one]: value };
      if (Object.keys(draft.peg).length === 3) draft.entry.peg = draft.peg;
      await on();
    });
  }

  function pressure() {
    const upper = el("input", { type: "number", inputmode: "numeric", id: "upper", class: "short", autocomplete: "off" });
    const lower = el("input", { type: "number", inputmode: "numeric", id: "lower", class: "short", autocomplete: "off" });
    const wrong = el("p", { class: "error", role: "alert", hidden: true }, say("bp_wrong"));
    const save = async () => {
      const [high, low] = [upper.value, lower.value].map(Number);
      const fine = [upper, lower].every((one) => /^[0-9]{2,3}$/.test(one.value)) && low < high;
      wrong.hidden = fine;
      if (!fine) { upper.focus(); return; }
      // A pressure is kept at once, whatever becomes of the other answers; the limits are those of the clinic's rules.
      const kept = await keep({ blood_pressure: [`${high}/${low} mmHg`] });
      const place = draft ? (here().place || 0) + 1 : 0;
      if (too_high(high, low)) {
        if (draft) await put_draft({ ...draft.chain[place], place });
        go("danger", draft ? { about: "pressure", then: { ...draft.chain[place], place } } : { about: "pressure", kept });
      } else if (draft) await on();
      else go("done", { kept });
    };
    show(title(say("bp_ask")), el("p", {}, say("bp_help")),
      el("div", { class: "pair" }, el("div", { class: "field" }, el("label", { for: "upper" }, say("bp_upper")), upper),
        el("div", { class: "field" }, el("label", { for: "lower" }, say("bp_lower")), lower)),
      wrong, button(say("save"), save, "primary large"), draft && leave_out());
  }

  // Side effects

  function effects() {
    show(title(say("effects_ask")), el("div", { class: "taps" },
      button(say("effects_none"), answer("effects", {}), "primary large"),
      button(say("effects_some"), () => { draft.chosen = []; return go_on("which", { place: here().place }); }, "large"),
      button(say("effects_urgent"), () => go("flags"), "danger large")), leave_out());
  }

  function which() {
    const chosen = new Set(draft.chosen || []);
    const next = button(say("next"), () => {
      draft.chosen = EFFECTS.filter((one) => chosen.has(one));
      draft.entry.effects = {};
      if (draft.chosen.length) return go_on("grade", { place: here().place, number: 0 });
      return undefined;
    }, "primary large");
    const toggle = (name) => el("button", { type: "button", "aria-pressed": String(chosen.has(name)), tap: (event) => {
      if (!chosen.delete(name)) chosen.add(name);
      event.currentTarget.setAttribute("aria-pressed", String(chosen.has(name)));
      draft.chosen = EFFECTS.filter((one) => chosen.has(one));
      put_draft({ ...here() });
    } }, say(`effect_${name}`));
    show(title(say("effects_which")), el("div", { class: "two" }, EFFECTS.map(toggle)), next);
  }

  function grade() {
    const { number, place } = here();
    const name = draft.chosen[number];
    const take = async (value) => {
      const last = number + 1 === draft.chosen.length;
      const told = (draft.told || {})[name] || 0;
      const { [name]: _, ...others } = draft.entry.effects || {};
      draft.entry.effects = others;
      if (last && !told) { draft.entry.effects[name] = value; await on(); return; } // all is kept with it, once
      const next = { step: "grade", number: number + 1, place };
      if (told < value && told_from(name) <= value) {
        // Kept by itself at once, whatever becomes of the other answers, and not a second time with them.
        draft.told = { ...draft.told, [name]: value };
        await put_draft(last ? { ...here() } : next);
        await keep({ effects: { [name]: value } });
      } else if (!told) draft.entry.effects[name] = value;
      if (value >= 3) go("danger", { about: value === 4 ? "emergency" : "severe", then: last ? null : next });
      else if (last) await on();
      else await go_on("grade", keyed(next));
    };
    show(title(say("grade_ask", { effect: say(`effect_${name}`) })), el("div", { class: "taps" },
      [1, 2, 3, 4].map((value) => button(say(`grade_${value}`), () => take(value), value === 4 ? "danger large" : "large"))));
  }

  // Danger: the words are on the phone, and are shown before anything is sent

  let flagged = Promise.resolve(); // the newest sign of danger, on its way to the disk while its words are read

  function flags() {
    show(title(say("emergency_ask")), el("div", { class: "taps close" }, FLAGS.map((name) =>
      button(say(`flag_${name}`), () => {
        flagged = keep({ day: back(0), flags: [name] });
        go("danger", { about: name });
        return flagged;
      }, "danger"))), numbers(true, "pair"));
  }

  function numbers(urgent, kind = "taps") {
    const { emergency = "", phone = "" } = clinic;
    const call = (number, words, plain, kind) => (number
      ? el("a", { class: `button large ${kind}`, href: `tel:${number.replace(/[^0-9+]/g, "")}` }, words)
      : el("p", { class: kind ? "strong" : "" }, plain));
    const first = call(emergency, say("emergency_call", { phone: emergency }), say("emergency_call_local"), "danger call");
    const second = call(phone, say("emergency_clinic", { phone }), say("emergency_clinic_paper"), urgent ? "" : "primary");
    return el("div", { class: kind }, urgent ? [first, second] : [second, first]);
  }

  function outside() {
    const { on_call = "" } = clinic;
    return on_call ? el("p", { class: "strong" }, say("emergency_outside", { who: on_call })) : null;
  }

  function danger() {
    const { about, then, kept } = here();
    show(el("div", { class: "banner stop", role: "alert" }, title(say("emergency_title")),
      el("p", { class: "strong" }, say(`do_${about}`)), el("p", {}, say("emergency_do"))),
    numbers(CALL.includes(about)), outside(), el("p", { class: "small" }, say("emergency_kept")),
    button(say("close"), async () => {
      await flagged.catch(() => {}); // "kept" is said when it is; what went wrong was said where it was tapped
      if (left) reopen();
      else if (then && draft) go(then.step, then);
      else if (draft && ["emergency", "severe"].includes(about)) await finish();
      else if (draft) history.go(-2); // back to the question, past the list of signs
      else if (kept) go("done", { kept });
      else home(kept_words());
    }, "large"));
  }

  // An unplanned dose can always be written down

  function extra() {
    const dose = dose_of();
    const amount = el("input", { type: "text", inputmode: "decimal", id: "pieces", class: "short", autocomplete: "off" });
    const wrong = el("p", { class: "error", role: "alert", hidden: true }, say("extra_wrong"));
    const save = (more) => async () => {
      const at = day === back(0) ? { at: clock(now()) } : {};
      const kept = await keep({ doses: [{ what: "unplanned", ...at, ...more }] });
      go("danger", { about: "took_extra", kept });
    };
    const own = async () => {
      const pieces = amount.value.trim().replace(",", ".");
      const fine = /^(0|[1-9][0-9]{0,3})(\.[0-9]{1,3})?$/.test(pieces) && Number(pieces) > 0;
      wrong.hidden = fine;
      if (fine) await save({ pieces })(); else amount.focus();
    };
    const units = dose ? dose.units : `${say("units_capsule")} / ${say("units_troche")} / mL`;
    show(title(say("extra_ask")), el("p", { class: "small" }, say("extra_help")), el("div", { class: "taps" },
      dose ? button(say("extra_usual", { dose: dose.amount }), save({ dose: `${dose.mg} mg` }), "large") : null,
      el("div", { class: "field" }, el("label", { for: "pieces" }, say("extra_pieces", { units })), amount), wrong,
      button(say("save"), own, "primary large"), button(say("extra_unknown"), save({}), "large")));
  }

  // The timer of a dose that is held in the mouth

  function timer() {
    const dose = dose_of();
    if (!dose || !dose.hold) { today(); return; }
    const swallow = dose.then === "swallowed";
    const setting = (name) => el("label", { class: "choice" }, el("input", { type: "checkbox", id: name,
      checked: localStorage.getItem(name) === "on" }), say(name));
    const face = el("p", { class: "big timer", role: "timer", "aria-live": "off" });
    const said = el("p", { class: "strong", role: "status" });
    let begun = null;
    let before = 0;
    let ticking = 0;
    let end = null;
    /* Milliseconds. Of two measures the longer holds: a clock may be set back, the other may stand while the phone sleeps. */
    const since = () => Math.max(performance.now() - begun.measured, Date.now() - begun.clock);
    const tick = () => {
      const left = Math.max(0, Math.round((dose.hold * 60000 - since()) / 1000));
      face.textContent = say("timer_left", { minutes: Math.floor(left / 60), seconds: two(left % 60) });
      if (!face.isConnected) { clearInterval(ticking); return; }
      if (!left && end) { end(); end = null; }
    };
    const finish_up = () => {
      clearInterval(ticking);
      said.textContent = say(swallow ? "timer_swallow" : "timer_spit");
      if (document.getElementById("timer_sound").checked) beep();
      if (document.getElementById("timer_vibration").checked && navigator.vibrate) navigator.vibrate([400, 200, 400]);
    };
    const done_tap = button(say(swallow ? "timer_swallowed" : "timer_spat"), async () => {
      const held = Math.round(since() / 60000);
      clearInterval(ticking);
      await took(1, { hold_minutes: Math.min(held, 240), then: dose.then }, before);
    }, "primary large");
    done_tap.hidden = true;
    const start = button(say("timer_start"), () => {
      begun = { measured: performance.now(), clock: Date.now() };
      before = logged().count;
      end = finish_up;
      start.hidden = true;
      done_tap.hidden = !pending();
      ["timer_sound", "timer_vibration"].forEach((name) =>
        localStorage.setItem(name, document.getElementById(name).checked ? "on" : "off"));
      ticking = setInterval(tick, 250);
      tick();
    }, "primary large");
    show(title(say("timer_title")), el("p", { class: "big amount" }, dose.amount), el("p", {}, dose.how),
      el("p", {}, say("timer_rest")), face, said, el("div", { class: "taps" }, start, done_tap),
      el("div", { class: "pair" }, setting("timer_sound"), setting("timer_vibration")));
  }

  function beep() {
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    volume.gain.value = 0.2;
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.6);
  }

  // Done, and the other pages

  function done() {
    const id = here().kept;
    const one = written.find((each) => each.id === id);
    const waits = queue.find((each) => each.id === id);
    const sent = Boolean(one && one.receipt && !waits);
    show(title(say("written")),
      el("p", { class: `badge ${sent ? "ok" : "today"} state`, role: "status" }, sent ? say("sent") : kept_words()),
      sent ? el("p", { class: "num" }, say("receipt", { number: one.receipt })) : el("p", {}, say("sends_itself")),
      one && one.day !== back(0) ? el("p", { class: "small" }, `${shown(one.day)}. ${say("day_late")}`) : null,
      read_by(), button(say("close"), () => { day = back(0); home(); }, "primary large"));
  }

  function more() {
    const link = (words, href) => el("a", { class: "button", href }, say(words));
    show(title(say("more")), el("div", { class: "taps close" },
      link("menu_plan", "/p/plan/"), link("menu_trend", "/p/trend/"), link("menu_messages", "/p/messages/"),
      button(say("menu_pressure"), () => go("pressure")), button(say("menu_earlier"), () => go("earlier")),
      link("menu_report", "/p/report"), link("menu_reminder", "/p/reminder/"), link("menu_phone", "/p/phone/")));
  }

  function earlier() {
    const most = (state && state.asks.days_back) || 1;
    show(title(say("day_ask")), el("div", { class: "taps close" }, Array.from({ length: most }, (_, number) => back(number + 1))
      .map((one) => button(shown(one), () => { day = one; home(); }))));
  }

  // Beginning

  async function fetched() {
    const asked = Date.now();
    const answer = await fetch("/p/state/", { credentials: "same-origin", headers: { Accept: "application/json" } });
    const heard = Date.now();
    const said = await answer.json(); // a page of somebody else on the way is none, and is a fault
    if (said.not_enrolled) { enrolled = false; await forget(); return null; }
    if (!answer.ok || !said.checked) return null;
    measure(said.checked, asked, heard);
    return said;
  }

  async function take(fresh) {
    await name_unnamed(fresh.case);
    await belongs_to(fresh.case);
    know(fresh);
    enrolled = true;
    await Keep.put("state", fresh);
    await recall(fresh.entries);
    await put_written();
    await recall_draft();
  }

  async function renew() {
    if (left) return;
    const fresh = await fetched().catch(() => null);
    if (left) return;
    if (fresh) await take(fresh);
    else off = 0; // not known any more: somebody may just have set the clock right
    if (turned !== back(0)) turn();
    if (["today", "done"].includes(here().step)) draw();
  }

  async function begin_page() {
    await Keep.begin();
    owner = (await Keep.get("owner")) || "";
    const sent = read("state");
    if (sent) {
      measure(sent.checked, Date.now(), Date.now());
      await take(sent);
    }
    else {
      know(await Keep.get("state"));
      if (state) { await name_unnamed(""); await belongs_to(state.case); }
      Send.only(owner);
      await recall((state && state.entries) || []);
      await recall_draft();
    }
    day = turned = back(0);
    if (location.pathname !== "/p/") note = say("needs_network");
    history.replaceState({ step: "today" }, "", "/p/");
    draw();
    document.documentElement.dataset.ready = "yes";
    Send.flush();
    if (!sent || off) renew();
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    if (navigator.serviceWorker) {
      navigator.serviceWorker.register(`/p/worker.js?language=${document.documentElement.lang}`, { scope: "/p/" });
    }
  }

  /* A browser that took the store away may give it back: what was kept by the page alone is then kept on the phone. */
  async function keep_again() {
    await Keep.begin();
    await count();
    draw_top();
    if (Keep.works) Send.flush();
  }

  let looked = Date.now();
  function looked_at() {
    if (document.hidden || left || !document.documentElement.dataset.ready) return;
    if (!Keep.works) keep_again();
    look_again();
    if (turn() || (!off && Date.now() - looked < FRESH)) return;
    looked = Date.now();
    if (here().step === "today" && day !== back(0)) { day = back(0); draw(); } // never another day than the page says
    renew();
  }
  document.addEventListener("visibilitychange", looked_at);
  window.addEventListener("pageshow", looked_at);
  window.addEventListener("focus", looked_at);

  day = turned = back(0);
  begin_page();
})();
