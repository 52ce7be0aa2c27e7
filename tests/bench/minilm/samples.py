"""The tokenized sentences, and what becomes of a model's output: the package's own recipe is masked-mean pooling and L2 norm."""
import json

import numpy as np


def read(path):
    """[{input name: array}] of a JSONL file, one sample a line."""
    with open(path, encoding="utf-8") as lines:
        return [{name: np.asarray(value) for name, value in json.loads(line).items()} for line in lines if line.strip()]


def as_wanted(sample, name, shape, dtype):
    """The sample's array in the form that a model's input has."""
    return np.ascontiguousarray(sample[name].astype(dtype).reshape(shape))


def pooled(hidden, sample):
    """Sentence embedding of [1, tokens, width]: the mean over the tokens that are no padding, at length 1."""
    mask = sample["attention_mask"].reshape(1, -1, 1).astype(np.float64)
    mean = (hidden.reshape(1, mask.shape[1], -1) * mask).sum(axis=1) / mask.sum()
    return (mean / np.linalg.norm(mean)).ravel()


def mean_cosine(reference, embeddings):
    return float(np.mean([a @ b for a, b in zip(reference, embeddings)]))


def spearman(reference, embeddings):
    """Rank correlation of all similarities between different sentences."""
    from scipy.stats import spearmanr

    rows, columns = np.triu_indices(len(reference), 1)
    return float(spearmanr((reference @ reference.T)[rows, columns], (embeddings @ embeddings.T)[rows, columns]).statistic)
