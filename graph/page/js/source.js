/** Where the facts come from: the server of `tutelage ui`, or the record that a report carries. Both answer alike. */

export async function openSource() {
  const record = document.getElementById("record");
  return record ? frozen(JSON.parse(await unpack(record.textContent))) : live();
}

function live() {
  return {
    live: true,
    async get(path) {
      const answer = await fetch(`api/${path}`);
      if (!answer.ok) throw new Error((await answer.text()) || `the server answered ${answer.status}`);
      return answer.json();
    },
  };
}

function frozen(record) {
  return {
    live: false,
    async get(path) {
      const found = record.answers[path.split("?")[0]];
      if (found !== undefined) return found;
      throw new Error(`Left out of this report to keep it small (${record.left_out} of ${record.total} details are). `
        + `It is in the run directory: tutelage ui ${record.directory}`);
    },
  };
}

async function unpack(text) {
  const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
}
