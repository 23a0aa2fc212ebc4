// What a person clicks in each shop.
"use strict";

// Fills fields by their names, sends their form with its button, and waits for the page that it leads to.
async function fill(page, form, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = await page.$(`${form} [name="${name}"]`);
    if (!field) throw new Error(`${form} has no field '${name}' on ${page.url()}`);
    const kind = await field.evaluate((it) => (it.tagName === "SELECT" ? "select" : it.type));
    if (kind === "select") await field.select(value);
    else if (kind === "radio" || kind === "checkbox") await page.click(`${form} [name="${name}"][value="${value}"]`);
    else await field.evaluate((it, text) => (it.value = text), value);
  }
  await Promise.all([page.waitForNavigation(), page.evaluate((form) => document.querySelector(form).requestSubmit(document.querySelector(`${form} [type=submit], ${form} button`)), form)]);
}

async function click(page, selector) {
  await Promise.all([page.waitForNavigation(), page.evaluate((selector) => document.querySelector(selector).click(), selector)]);
}

const practice = {
  first: "/",
  async buy(page) {
    await click(page, 'nav a[href^="/categories/"]');
    await click(page, 'main a[href^="/products/"]');
    await fill(page, 'form[action="/cart"]', {});
    await click(page, 'a[href="/checkout"]');
    await fill(page, 'form[action="/checkout/guest"]', { email: "nora.typed@mail.test" });
    await fill(page, 'form[action="/checkout/address"]', { name: "Noranna Typedson", line1: "17 Typed Lane", postcode: "1011 AB", city: "Amsterdam" });
    await fill(page, 'form[action="/checkout/shipping"]', {});
    await fill(page, 'form[action="/checkout/pay"]', { card_number: "4242424242424242", card_expiry: "12/30", card_cvc: "737" });
  },
};

const oscar = {
  first: "/catalogue/",
  async buy(page, address) {
    await click(page, 'a[href*="/catalogue/copper-"]');
    await fill(page, "#add_to_basket_form", {});
    await page.goto(`${address}/basket/`);
    await page.goto(`${address}/checkout/`);
    await fill(page, 'form:has([name="username"])', { username: "nora.typed@mail.test", options: "anonymous" });
    const to = { first_name: "Noranna", last_name: "Typedson", line1: "17 Typed Lane", line4: "Oxford", postcode: "OX1 1AA", country: "GB" };
    await fill(page, 'form:has([name="line1"])', to);
    await fill(page, 'form[action="/checkout/shipping-method/"]:has([name="method_code"])', {});
    await fill(page, "#card_form", { card_number: "4242424242424242", card_name: "Noranna Typedson" });
    await fill(page, "#place_order_form", {});
  },
};

const vendure = {
  first: "/health",
  async buy(page) {
    const ask = (query, variables) =>
      page.evaluate(
        async (query, variables) => {
          const operationName = /(?:query|mutation) (\w+)/.exec(query)[1];
          const options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ operationName, query, variables }) };
          const answer = await (await fetch("/shop-api", options)).json();
          if (answer.errors) throw new Error(JSON.stringify(answer.errors));
          return answer.data;
        },
        query,
        variables,
      );
    const error = "__typename ... on ErrorResult { errorCode message }";
    const found = await ask("query Search($term: String!) { search(input: { term: $term, groupByProduct: true, take: 20 }) { items { slug productName } } }", { term: "copper" });
    const { product } = await ask("query Product($slug: String!) { product(slug: $slug) { name variants { id price } } }", { slug: found.search.items[0].slug });
    await ask(`mutation AddItem($variant: ID!) { addItemToOrder(productVariantId: $variant, quantity: 1) { ${error} ... on Order { code totalWithTax } } }`, { variant: product.variants[0].id });
    const customer = { firstName: "Noranna", lastName: "Typedson", emailAddress: "nora.typed@mail.test" };
    await ask(`mutation SetCustomer($input: CreateCustomerInput!) { setCustomerForOrder(input: $input) { ${error} } }`, { input: customer });
    const address = { fullName: "Noranna Typedson", streetLine1: "17 Typed Lane", city: "Oxford", postalCode: "OX1 1AA", countryCode: "GB" };
    await ask(`mutation SetAddress($input: CreateAddressInput!) { setOrderShippingAddress(input: $input) { ${error} } }`, { input: address });
    const { eligibleShippingMethods } = await ask("query ShippingMethods { eligibleShippingMethods { id price } }", {});
    await ask(`mutation SetShipping($id: [ID!]!) { setOrderShippingMethod(shippingMethodId: $id) { ${error} } }`, { id: [eligibleShippingMethods[0].id] });
    await ask("mutation BeginPayment { transitionOrderToState(state: \"ArrangingPayment\") { __typename ... on Order { state } ... on OrderStateTransitionError { errorCode message } } }", {});
    const { eligiblePaymentMethods } = await ask("query PaymentMethods { eligiblePaymentMethods { code } }", {});
    const paid = await ask(`mutation Pay($method: String!) { addPaymentToOrder(input: { method: $method, metadata: {} }) { ${error} ... on Order { code state totalWithTax } } }`, { method: eligiblePaymentMethods[0].code });
    const { orderByCode } = await ask("query OrderByCode($code: String!) { orderByCode(code: $code) { code state } }", { code: paid.addPaymentToOrder.code });
    if (orderByCode.state !== "PaymentSettled") throw new Error(`the order is ${orderByCode.state}`);
  },
};

module.exports = { practice, oscar, vendure };
