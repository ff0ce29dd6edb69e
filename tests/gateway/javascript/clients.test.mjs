// The official JavaScript clients, unchanged but for an address and a key. Run by tests/gateway/test_javascript.py.
import assert from "node:assert/strict";
import test from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const { GATEWAY_ADDRESS: address, GATEWAY_KEY: key, GATEWAY_POOR_KEY: poorKey } = process.env;
const hello = [{ role: "user", content: "Grüße" }];
const words = "word0 word1 word2 ";
const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: address, apiKey: key, maxRetries: 0 });
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

test("chat answers with its usage and its cost", async () => {
  const { data, response } = await openai.chat.completions.create({ model: "small", messages: hello }).withResponse();
  assert.equal(data.choices[0].message.content, "Hello from far away.");
  assert.equal(data.usage.total_tokens, 120);
  assert.equal(Number(response.headers.get("x-tiebeam-cost-usd")), 0.00018);
});

test("chat streams, and shows usage only to those who asked", async () => {
  for (const asked of [undefined, { include_usage: true }]) {
    const request = { model: "small", messages: hello, stream: true };
    const stream = await openai.chat.completions.create(asked ? { ...request, stream_options: asked } : request);
    let text = "";
    let usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, words);
    assert.equal(usage?.total_tokens, asked ? 120 : undefined);
  }
});

test("the streaming helper follows a stream", async () => {
  const runner = openai.chat.completions.stream({ model: "small", messages: hello });
  assert.equal(await runner.finalContent(), words);
});

test("tools are called, in one piece and in a stream", async () => {
  const tools = [{ type: "function", function: { name: "weather", parameters } }];
  const whole = await openai.chat.completions.create({ model: "frontier", messages: hello, tools });
  assert.deepEqual(JSON.parse(whole.choices[0].message.tool_calls[0].function.arguments), { city: "Hamburg" });
  const stream = openai.chat.completions.stream({ model: "mid", messages: hello, tools });
  const message = (await stream.finalChatCompletion()).choices[0].message;
  assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), { city: "Hamburg" });
});

test("structured output is parsed", async () => {
  const response_format = { type: "json_schema", json_schema: { name: "city", strict: true, schema: parameters } };
  const answer = await openai.chat.completions.parse({ model: "structured", messages: hello, response_format });
  assert.equal(JSON.parse(answer.choices[0].message.content).city, "Hamburg");
});

test("responses answer and stream", async () => {
  const answer = await openai.responses.create({ model: "small", input: "Hello", store: false });
  assert.equal(answer.output_text, "Hello from far away.");
  let text = "";
  for await (const event of await openai.responses.create({ model: "small", input: "Hello", store: false, stream: true })) {
    if (event.type === "response.output_text.delta") text += event.delta;
  }
  assert.equal(text, words);
});

test("embeddings answer", async () => {
  const answer = await openai.embeddings.create({ model: "small", input: "Hello", encoding_format: "float" });
  assert.deepEqual(answer.data[0].embedding, [0.1, 0.2]);
});

test("models are listed to both clients", async () => {
  const names = [];
  for await (const model of openai.models.list()) names.push(model.id);
  const native = [];
  for await (const model of anthropic.models.list()) native.push(model.id);
  assert.ok(names.includes("small") && names.includes("claude"));
  assert.deepEqual(native.sort(), names.sort());
});

test("messages answer and stream", async () => {
  const answer = await anthropic.messages.create({ model: "claude", max_tokens: 200, messages: hello });
  assert.equal(answer.content[0].text, "Hello from far away.");
  assert.equal(answer.usage.output_tokens, 20);
  const stream = anthropic.messages.stream({ model: "claude", max_tokens: 200, messages: hello });
  assert.equal(await stream.finalText(), words);
  assert.equal((await stream.finalMessage()).usage.output_tokens, 20);
});

test("messages call tools in a stream", async () => {
  const tools = [{ name: "weather", input_schema: parameters }];
  const stream = anthropic.messages.stream({ model: "claude-tools", max_tokens: 200, messages: hello, tools });
  assert.deepEqual((await stream.finalMessage()).content[0].input, { city: "Hamburg" });
});

test("refusals are the clients' own errors", async () => {
  const stranger = new OpenAI({ baseURL: `${address}/v1`, apiKey: "wrong", maxRetries: 0 });
  await assert.rejects(stranger.chat.completions.create({ model: "small", messages: hello }), OpenAI.AuthenticationError);
  await assert.rejects(openai.chat.completions.create({ model: "none-such", messages: hello }), OpenAI.NotFoundError);
  await assert.rejects(openai.chat.completions.create({ model: "broken", messages: hello }), OpenAI.InternalServerError);
  await assert.rejects(
    openai.responses.create({ model: "small", input: "Hello", previous_response_id: "resp_0" }),
    OpenAI.BadRequestError,
  );
  const poor = new OpenAI({ baseURL: `${address}/v1`, apiKey: poorKey });
  await assert.rejects(poor.chat.completions.create({ model: "small", messages: hello }), (problem) => {
    return problem instanceof OpenAI.RateLimitError && problem.code === "budget_exhausted";
  });
  const nativeStranger = new Anthropic({ baseURL: address, apiKey: "wrong", maxRetries: 0 });
  const message = { model: "claude", max_tokens: 200, messages: hello };
  await assert.rejects(nativeStranger.messages.create(message), Anthropic.AuthenticationError);
  const nativePoor = new Anthropic({ baseURL: address, apiKey: poorKey });
  await assert.rejects(nativePoor.messages.create(message), Anthropic.RateLimitError);
});

test("a stream that breaks off is an error and no silence", async () => {
  await assert.rejects(async () => {
    const stream = await openai.chat.completions.create({ model: "breaking", messages: hello, stream: true });
    for await (const chunk of stream) assert.ok(chunk);
  });
});
