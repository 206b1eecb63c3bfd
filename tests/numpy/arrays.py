"""arrays.py - tells NumPy to write what tests/npy.test.mjs reads: python3 tests/numpy/arrays.py folder"""
import sys
import numpy as np

def pictures(n):
    i, y, x = np.indices((n, 28, 28))
    return ((i * 7 + y * 28 + x) % 256).astype(np.uint8)

train = dict(x_train=pictures(20), y_train=np.arange(20, dtype=np.uint8) % 10)
good = dict(**train, x_test=pictures(10), y_test=np.arange(10, dtype=np.int64))
folder = sys.argv[1]
np.savez_compressed(f'{folder}/good.npz', **good)
for name, changes in {
    'stored': {},
    'big-endian': dict(y_test=good['y_test'].astype('>i4')),
    'float': dict(x_train=good['x_train'] / np.float32(255)),
    'float-labels': dict(y_train=good['y_train'].astype(float)),
    'fortran': dict(x_train=np.asfortranarray(good['x_train'])),
    'flat': dict(x_train=good['x_train'].reshape(20, 784)),
    'one-hot': dict(y_train=np.eye(10, dtype=np.uint8)[good['y_train']]),
    'negative': dict(y_test=good['y_test'] - 1),
    'large': dict(y_test=good['y_test'] + 300),
    'short': dict(y_train=good['y_train'][:19]),
    'empty': dict(x_test=good['x_test'][:0], y_test=good['y_test'][:0]),
    'record': dict(y_train=np.zeros(20, dtype=[('a', 'u1'), ('b', 'u1')])),
    'text': dict(y_train=np.array(['a'] * 20)),
}.items():
    np.savez(f'{folder}/{name}.npz', **{**good, **changes})
np.savez(f'{folder}/others.npz', a=good['x_train'], b=good['y_train'])
np.savez(f'{folder}/no-test.npz', **train)
