"""arrays.py - tells NumPy to write what tests/data/npy.test.mjs reads: python3 tests/data/numpy/arrays.py folder"""
import os
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
    'float64': dict(x_train=(good['x_train'] / 255).astype('>f8'), x_test=(good['x_test'] / 255)),
    'float16': dict(x_train=(good['x_train'] / 255).astype(np.float16)),
    'float-whole': dict(x_train=good['x_train'].astype('f4'), x_test=good['x_test'].astype('f2')),
    'channel': dict(x_train=good['x_train'][..., None], x_test=good['x_test'][:, None]),
    'colour': dict(x_train=np.repeat(good['x_train'][..., None], 3, axis=3)),
    'integers': dict(x_train=good['x_train'].astype('>i4'), x_test=good['x_test'].astype('u8'), y_train=good['y_train'].astype('>u8')[:, None], y_test=good['y_test'].astype('i1')),
    'float-labels': dict(y_train=good['y_train'].astype(float)),
    'fortran': dict(x_train=np.asfortranarray(good['x_train'])),
    'flat': dict(x_train=good['x_train'].reshape(20, 784)),
    'one-hot': dict(y_train=np.eye(10, dtype=np.uint8)[good['y_train']]),
    'negative': dict(y_test=good['y_test'] - 1),
    'large': dict(y_test=good['y_test'] + 300),
    'short': dict(y_train=good['y_train'][:19]),
    'empty': dict(x_test=good['x_test'][:0], y_test=good['y_test'][:0]),
    'record': dict(y_train=np.zeros(20, dtype=[('a', 'u1'), ('b', 'u1')])),
    'float-minus': dict(x_train=good['x_train'] / np.float32(127.5) - 1),
    'float-between': dict(x_train=good['x_train'] * np.float32(0.9)),
    'float-nan': dict(x_train=np.where(good['x_train'] == 7, np.nan, good['x_train'])),
    'sixteen': dict(x_train=good['x_train'].astype('u2') * 257),
    'complex': dict(x_train=good['x_train'].astype('c8')),
    'text': dict(y_train=np.array(['a'] * 20)),
}.items():
    np.savez(f'{folder}/{name}.npz', **{**good, **changes})
np.savez(f'{folder}/others.npz', a=good['x_train'], b=good['y_train'])
np.savez(f'{folder}/no-test.npz', **train)
np.savez(f'{folder}/capital.npz', X_train=good['x_train'], Y_train=good['y_train'], X_test=good['x_test'], Y_test=good['y_test'])
np.savez(f'{folder}/more.npz', **good, class_names=np.array([str(i) for i in range(10)]))
np.savez(f'{folder}/twice.npz', **good, X_train=good['x_train'])
np.savez(f'{folder}/unlabelled.npz', x_train=good['x_train'], y_train=good['y_train'], x_test=good['x_test'])
medmnist = dict(train_images=good['x_train'], train_labels=good['y_train'][:, None], test_images=good['x_test'], test_labels=good['y_test'][:, None])
np.savez(f'{folder}/medmnist.npz', **medmnist)
np.savez(f'{folder}/medmnist-val.npz', **medmnist, val_images=255 - good['x_train'], val_labels=good['y_train'][:, None])
ink = good['x_train'] > 127
np.savez(f'{folder}/bool.npz', x_train=ink, y_train=good['y_train'] % 2 == 1, x_test=ink[:10], y_test=good['y_test'] % 2 == 1)
for kind in ['kmnist', 'mixed']:
    os.makedirs(f'{folder}/{kind}', exist_ok=True)
    for name, array in dict(train_imgs=good['x_train'], train_labels=good['y_train'], test_imgs=good['x_test'], test_labels=good['y_test']).items():
        np.savez_compressed(f'{folder}/{kind}/kmnist-{name.replace("_", "-")}.npz', array)
np.savez(f'{folder}/mixed/embeddings.npz', good['x_train'].reshape(20, 784))
with open(f'{folder}/mixed/broken.npz', 'w') as file: file.write('no archive')
