// A process that answers each JSON line with a JSON line.
import { spawn } from 'node:child_process';
import readline from 'node:readline';

// Sends all requests, returns all answers in order. Throws with the process's own words if it fails.
export function askAll(command, args, requests) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const answers = [];
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text) => { errors += text; });
    readline.createInterface({ input: child.stdout }).on('line', (line) => answers.push(JSON.parse(line)));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 && answers.length === requests.length) return resolve(answers);
      const what = `${command} ${args.join(' ')}`;
      return reject(new Error(`${what}\nended with ${code} after ${answers.length} of ${requests.length} answers\n${errors}`));
    });
    child.stdin.on('error', () => {});  // told by 'close'
    for (const request of requests) child.stdin.write(`${JSON.stringify(request)}\n`);
    child.stdin.end();
  });
}
