// Plays Copper in the tests: an account of copper-emulator, through its control API.

const SERVER = process.env.COPPER_EMULATOR_URL ?? "http://127.0.0.1:2929";

async function control(method, path, body) {
  const answer = await fetch(`${SERVER}/_emulator/v1${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
  });
  const answered = await answer.json();
  // A refusal says what is wrong, and what would help.
  if (!answer.ok) throw new Error([answered.error, answered.hint].filter(Boolean).join("\n"));
  return answered;
}

/** An account for one test, with frozen time: what a call makes due has been delivered when it returns. */
export async function account(settings = {}) {
  const { name, token } = await control("POST", "/accounts", { settings });
  const here = `/accounts/${name}`;
  await control("POST", `${here}/clock/freeze`);
  return {
    token,
    email: "ada@example.com",
    route: (origin, to) => control("POST", `${here}/routes`, { origin, to }),
    create: async (...rows) => (await control("POST", `${here}/records/people/create`, { rows })).records,
    update: (ids, fields) => control("POST", `${here}/records/people/update`, { ids, fields }),
    remove: (ids) => control("POST", `${here}/records/people/delete`, { ids }),
    people: async () => (await control("POST", `${here}/records/people/search`, { filters: { page_size: 200 } })).records,
    replay: (body, target) => control("POST", `${here}/replay`, { body, target }),
    faults: (...on) => control("POST", `${here}/faults`, { on }),
    advance: (by) => control("POST", `${here}/clock/advance`, { by }),
    /** A delivery that matches, or an error that says which came closest and why it did not match. */
    expect: (expected) => control("POST", `${here}/wait`, { timeout: "1s", ...expected }),
    close: () => control("DELETE", here),
  };
}
