// Opens the page that sees in Firefox and asks it about one photo: node firefox.mjs FIREFOX ADDRESS, numbers on stdin.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const puppeteer = createRequire(`${process.env.NODE_PATH}/`)("puppeteer-core");
const [executablePath, address] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
const page = await browser.newPage(), errors = [];
page.on("pageerror", (error) => errors.push(error.message));
await page.goto(address);
await page.waitForFunction("document.querySelector('.explorer-caption')?.textContent.includes('%')", { timeout: 180_000 });
const ask = `(${readFileSync(0, "utf-8")})`;
console.log(JSON.stringify({ errors, answer: await page.evaluate(ask) }));
await browser.close();
