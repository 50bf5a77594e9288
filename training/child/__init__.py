"""The modules that import torch, transformers or peft. Only the child process imports them."""
