"use strict";
/* "My data": everything the assistant knows, as a list a person can read. */

function element(name, text, ...inside) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...inside);
  return made;
}

function entries(rows) {
  const list = document.createElement("dl");
  for (const [name, value] of rows) {
    const shown = element("dd");
    shown.append(value instanceof Node ? value : document.createTextNode(value));
    list.append(element("dt", name), shown);
  }
  return list;
}

function bullets(lines, names) {
  if (!lines.length) return document.createTextNode(names.data_none);
  const list = document.createElement("ul");
  list.append(...lines.map((line) => element("li", line)));
  return list;
}

function day(iso, language) {
  return iso ? new Date(`${iso}T12:00:00`).toLocaleDateString(language, { day: "numeric", month: "long", year: "numeric" }) : "";
}

function purchaseLine(bought, language, names) {
  const price = Number(bought.price).toLocaleString(language, { style: "currency", currency: "EUR" });
  const count = bought.quantity > 1 ? `${bought.quantity} × ` : "";
  const back = bought.returned ? `, ${names.data_returned.replace("{date}", day(bought.returned, language))}` : "";
  return `${count}${bought.product}, ${price}, ${day(bought.date, language)}${back}`;
}

function orderLine(order, language, names) {
  const when = order.expected ? `, ${day(order.expected, language)}` : "";
  return `${order.items.join(", ")}: ${names["status_" + order.status] || order.status}${when} (${order.order})`;
}

function account(held, language, names) {
  const told = [
    [names.data_name, held.name],
    [names.data_language, (words[held.language] || {}).language_name || held.language],
    [names.data_birth_year, String(held.birth_year ?? names.data_none)],
    [names.data_store, held.store || names.data_none],
    [names.data_open_case, held.open_case ? names["case_" + held.open_case] || held.open_case : names.data_none],
    [names.data_purchases, bullets(held.purchases.map((each) => purchaseLine(each, language, names)), names)],
    [names.data_orders, bullets(held.orders.map((each) => orderLine(each, language, names)), names)],
  ];
  return [element("h3", names.data_customer), entries(told)];
}

/* Fills `place` with what is known. */
function drawData(place, known, language, names) {
  const talk = known.conversation;
  const yes = (value) => (value ? names.yes : names.no);
  const refused = [...talk.refused_products, ...talk.refused_categories];
  const consents = Object.entries(known.consents).map(
    ([purpose, scope]) => `${names["purpose_" + purpose] || purpose} (${names["scope_" + scope] || scope})`,
  );
  const said = talk.said.map((line) => line.replace(/^caller:/, `${names.you}:`).replace(/^assistant:/, `${names.assistant}:`));
  const told = [
    [names.data_product, talk.product || names.data_none],
    [names.data_offers, bullets(talk.offers.map((offer) => offer.product), names)],
    [names.data_refused, bullets(refused, names)],
    [names.data_complaint, yes(talk.complaint)],
    [names.data_return_open, yes(talk.return_open)],
    [names.data_voice_cues, yes(talk.voice_cues)],
    [names.data_said, bullets(said, names)],
  ];
  const drawn = [
    ...(known.customer ? account(known.customer, language, names) : [element("p", names.data_nobody)]),
    element("h3", names.data_consents),
    bullets(consents, names) instanceof Text ? element("p", names.data_none) : bullets(consents, names),
    element("h3", names.data_conversation),
    entries(told),
    element("p", names.data_kept),
  ];
  place.replaceChildren(...drawn);
}
