// Writes amounts of money as ICU does in many languages: language, currency, its decimals, the amount in minor units, the text.
//
//     node tests/likeness/prices.mjs > tests/data/prices.tsv
const langs = `af am ar ar-EG ar-SA ar-MA as az be bg bn bs ca cs cy da de de-AT de-CH de-LI el en en-AU en-CA en-GB en-IN en-IE en-NZ en-ZA es es-AR es-CL es-CO es-MX es-PE es-US es-VE et eu fa fi fil fr fr-BE fr-CA fr-CH ga gl gu he hi hr hu hy id is it it-CH ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl nl-BE or pa pl ps pt pt-BR pt-AO ro ru sd si sk sl sq sr sr-Latn sv sw ta te th tk tr uk ur uz vi yue zh zh-HK zh-TW zu rm gsw lb mt fo`.split(" ");
const own = {af:"ZAR",am:"ETB",ar:"AED","ar-EG":"EGP","ar-SA":"SAR","ar-MA":"MAD",as:"INR",az:"AZN",be:"BYN",bg:"BGN",bn:"BDT",bs:"BAM",ca:"EUR",cs:"CZK",cy:"GBP",da:"DKK",de:"EUR","de-AT":"EUR","de-CH":"CHF","de-LI":"CHF",el:"EUR",en:"USD","en-AU":"AUD","en-CA":"CAD","en-GB":"GBP","en-IN":"INR","en-IE":"EUR","en-NZ":"NZD","en-ZA":"ZAR",es:"EUR","es-AR":"ARS","es-CL":"CLP","es-CO":"COP","es-MX":"MXN","es-PE":"PEN","es-US":"USD","es-VE":"VES",et:"EUR",eu:"EUR",fa:"IRR",fi:"EUR",fil:"PHP",fr:"EUR","fr-BE":"EUR","fr-CA":"CAD","fr-CH":"CHF",ga:"EUR",gl:"EUR",gu:"INR",he:"ILS",hi:"INR",hr:"EUR",hu:"HUF",hy:"AMD",id:"IDR",is:"ISK",it:"EUR","it-CH":"CHF",ja:"JPY",ka:"GEL",kk:"KZT",km:"KHR",kn:"INR",ko:"KRW",ky:"KGS",lo:"LAK",lt:"EUR",lv:"EUR",mk:"MKD",ml:"INR",mn:"MNT",mr:"INR",ms:"MYR",my:"MMK",nb:"NOK",ne:"NPR",nl:"EUR","nl-BE":"EUR",or:"INR",pa:"INR",pl:"PLN",ps:"AFN",pt:"EUR","pt-BR":"BRL","pt-AO":"AOA",ro:"RON",ru:"RUB",sd:"PKR",si:"LKR",sk:"EUR",sl:"EUR",sq:"ALL",sr:"RSD","sr-Latn":"RSD",sv:"SEK",sw:"KES",ta:"INR",te:"INR",th:"THB",tk:"TMT",tr:"TRY",uk:"UAH",ur:"PKR",uz:"UZS",vi:"VND",yue:"HKD",zh:"CNY","zh-HK":"HKD","zh-TW":"TWD",zu:"ZAR",rm:"CHF",gsw:"CHF",lb:"EUR",mt:"EUR",fo:"DKK"};
const extra = {KWD:["ar-KW-u-nu-arab","en","ar"],BHD:["ar-BH","en"],TND:["fr-TN","ar-TN"],JPY:["en","de","fr"],KRW:["en"],CLP:["en"]};
const seen = new Set();
function put(locale, currency, amount, options) {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency, ...options });
  const text = format.format(amount), digits = format.resolvedOptions().maximumFractionDigits;
  const key = [text, currency].join("\t");
  if (seen.has(key)) return; seen.add(key);
  const natural = new Intl.NumberFormat("en", {style:"currency",currency}).resolvedOptions().maximumFractionDigits;
  // what the text says
  const shown = Number(amount.toFixed(digits));
  console.log([locale, currency, natural, Math.round(shown * 10 ** natural), text].join("\t"));
}
for (const locale of langs) for (const currency of [own[locale], "EUR", "USD"]) for (const amount of [12.5, 1234.5, 1234567.89]) for (const options of [{}, {currencyDisplay:"code"}, {currencyDisplay:"name"}, {currencyDisplay:"narrowSymbol"}])
  put(locale, currency, amount, options);
for (const [currency, locales] of Object.entries(extra)) for (const locale of locales) for (const amount of [5, 12.5, 129.99, 1234.5, 1234567.89]) put(locale, currency, amount, {});
for (const locale of langs) for (const amount of [12, 1234]) put(locale, own[locale], amount, {minimumFractionDigits:0});
