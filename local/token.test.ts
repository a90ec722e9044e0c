import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { decodeJwt } from "jose";
import { emptyGroup, type IssuerFixture, megan, startTestIssuer } from "./issuer/issuer-fixture.ts";

const script = join(import.meta.dirname, "token.ts");

async function run(...args: string[]) {
  const child = spawn(process.execPath, [script, ...args]);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { out, err, code };
}

describe("local:token", () => {
  let fixture: IssuerFixture;
  let folder: string;
  before(async () => {
    fixture = await startTestIssuer();
    folder = await mkdtemp(join(tmpdir(), "plgate-token-"));
  });
  after(async () => {
    await fixture.stop();
    await rm(folder, { recursive: true });
  });

  async function stateFile(changes: object = {}): Promise<string> {
    const file = join(folder, "state.json");
    const state = { pid: process.pid, issuer: fixture.issuer.control, ...changes };
    await writeFile(file, JSON.stringify(state), { mode: 0o600 });
    return file;
  }

  it("prints a token with the asked roles and groups, and nothing else", async () => {
    const { out, err, code } = await run(
      ...["--user", "megan", "--roles", "Approver, Reader", "--groups", emptyGroup, "--state", await stateFile()],
    );
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { oid, roles, groups } = decodeJwt(out.trim());
    assert.deepEqual([oid, roles, groups], [megan.objectId, ["Approver", "Reader"], [emptyGroup]]);
  });

  it("takes the user's own roles and groups when none are named", async () => {
    const { roles, groups } = decodeJwt((await run("--user", "megan", "--state", await stateFile())).out.trim());
    assert.deepEqual([roles, (groups as string[]).length], [megan.roles, 2]);
  });

  it("explains itself", async () => {
    const { out, code } = await run("--help");
    assert.equal(code, 0);
    assert.match(out, /--user NAME/);
  });

  it("lists the users when the name is unknown", async () => {
    const { out, err, code } = await run("--user", "nobody", "--state", await stateFile());
    assert.deepEqual([code, out], [1, ""]);
    assert.equal(err, 'local:token: the token issuer refuses: no user "nobody"; there are: megan, grace, stranger\n');
  });

  it("names the declared roles when one is unknown", async () => {
    const { err, code } = await run("--user", "megan", "--roles", "Aprover", "--state", await stateFile());
    assert.equal(code, 1);
    assert.match(err, /no role "Aprover"; there are: Reader, Approver, PolicyAuthor/);
  });

  it("asks for the user, and refuses an option that it does not know", async () => {
    for (const args of [[], ["--usr", "megan"]]) {
      const { err, code } = await run(...args);
      assert.equal(code, 2);
      assert.match(err, /npm run --silent local:token/);
    }
  });

  it("says that no stack is running", async () => {
    const { err, code } = await run("--user", "megan", "--state", join(folder, "absent.json"));
    assert.equal(code, 1);
    assert.match(err, /no local stack is running .*npm start/);
  });

  it("says that the stack is gone when its process is", async () => {
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    const { err, code } = await run("--user", "megan", "--state", await stateFile({ pid: gone }));
    assert.equal(code, 1);
    assert.match(err, new RegExp(`process ${gone}\\) is gone`));
  });

  it("keeps the secret on this machine", async () => {
    for (const controlUrl of ["http://203.0.113.1:80/control", "http://127.0.0.1:80@203.0.113.1/control"]) {
      const issuer = { ...fixture.issuer.control, controlUrl };
      const { err, code } = await run("--user", "megan", "--state", await stateFile({ issuer }));
      assert.equal(code, 1);
      assert.match(err, /not on loopback/);
    }
  });

  it("gets nothing with a wrong secret, which it does not print", async () => {
    const issuer = { ...fixture.issuer.control, controlSecret: "guessed-secret" };
    const { out, err, code } = await run("--user", "megan", "--state", await stateFile({ issuer }));
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /wrong or missing control secret/);
    assert.doesNotMatch(err, /guessed-secret/);
  });

  it("says that the issuer does not answer", async () => {
    const stopped = await startTestIssuer();
    const issuer = stopped.issuer.control;
    await stopped.stop();
    const { err, code } = await run("--user", "megan", "--state", await stateFile({ issuer }));
    assert.equal(code, 1);
    assert.match(err, /does not answer/);
  });

  it("is the only way to mint: the public side has no such route", async () => {
    const { issuer } = fixture;
    const headers = { authorization: `Bearer ${issuer.control.controlSecret}` };
    const answer = await fetch(`${issuer.url}/control/tokens`, { method: "POST", headers, body: '{"user":"megan"}' });
    assert.equal(answer.status, 404);
  });
});
