"""llama.cpp's answers, in a Python that has ``llama_cpp``: prompts as JSON on stdin, token ids on stdout."""

import json
import sys

import llama_cpp  # pyright: ignore[reportMissingImports]

asked = json.load(sys.stdin)
model = llama_cpp.Llama(asked["file"], n_ctx=1024, n_threads=1, verbose=False)
answers = []
for prompt in asked["prompts"]:
    model.reset()
    answer: list[int] = []
    for token in model.generate(prompt, temp=0.0, top_k=1, repeat_penalty=1.0):
        if token == model.token_eos() or len(answer) == asked["limit"]:
            break
        answer.append(token)
    answers.append(answer)
said = {"answers": answers, "tokens": [model.tokenize(t.encode(), add_bos=False, special=True) for t in asked["texts"]]}
sys.stdout.write(json.dumps(said))
