// @ts-check
/** zh.js - 中文：网页上的全部文字。 */

/** @type {import('../strings.js').Table} */
export default {
  title: 'Inklearn：在这个标签页里训练神经网络',
  skip: '跳到训练按钮', score: '（没见过的图片）答对', stop: '停止', reset: '重置', 'reset.title': '忘掉这个网络；种子不变，可以重看同一次训练', share: '分享', tour: '导览', language: '语言', theme: '浅色或深色', keys: '按键', notices: '提示', progress: '进度',
  offline: '现在没有网络。一切照常：本页不需要外面的任何东西。', why: '为什么？', more: '更多', load: '载入', table: '表格', export: '导出', undo: '撤销', clear: '清除', close: '关闭', licences: '许可证',
  private: '一切都在这个标签页里运行，图片不会离开您的电脑。', 'drop.hint': '放下要学习的图片，或一张要识别的数字',

  'state.starting': '启动中', 'state.idle': '就绪', 'state.loading': '读取中', 'state.finding': '搜索中', 'state.training': '训练中', 'state.paused': '已暂停', 'state.stopped': '已停止', 'state.finished': '完成', 'state.diverged': '发散', 'state.failed': '失败',
  train: '训练', pause: '暂停', resume: '继续', 'train.again': '重新训练',
  'say.starting': '正在准备。', 'say.finding': '正在用一个临时网络试验学习率。', 'say.reading': '正在读取{name}：已有 {count} 张图片。', 'say.loading': '正在读取{name}。', 'say.listing': '正在读取{name}：已找到 {count} 个文件。', 'say.ready': '就绪：{data}，{count} 张图片。请按“训练”。', 'say.empty': '放下图片，或选择一个数据集。',
  'say.training': '第 {epoch} 轮，共 {epochs} 轮：{reached}。', 'say.paused': '暂停在第 {epoch} 轮第 {step} 步。可以画一个数字，看一看，或继续。', 'say.stopped': '停止在第 {epoch} 轮。网络还在：试试它。', 'say.finished': '完成：{reached}。{worst}', 'say.worst': '最常把 {actual} 当成 {predicted}：{count} 次。',
  'say.diverged': '损失已不是数字：步子太大了。', 'say.unsupported': '这个浏览器不能运行它：WebAssembly SIMD 从 Chrome 91、Firefox 89、Safari 16.4 开始才有。',
  'say.network': '训练引擎没能下载。', 'say.start': '训练引擎无法启动。', 'say.build': '页面和训练引擎的版本不同。', 'say.failed': '训练程序意外停止。', right: '没见过的图片答对 {part}', first: '正在学习第一批图片',
  speed: '每秒 {count} 张', step: '第 {step} 步，共 {of} 步', 'left.seconds': '还剩 {count} 秒', 'left.minutes': '还剩 {count} 分钟', 'variant.reload': '重新载入页面就能用更多。', variant: ({ name, threads, alone }) => `内核：${name}，${threads} 个线程${alone ? '；这个主机不允许更多' : ''}。`,

  data: '数据', 'data.hint': '一部分图片用来学习，另一部分用来考试。', 'data.why': '只问背过的题，网络会显得比实际更好。所以留下一些图片不给它学，只用它们来评判。', 'data.set': '数据集', 'data.none': '还没有载入数据。', 'batch.show': '换一批', 'data.files': '打开文件…', 'data.folder': '文件夹…', 'data.drop': '您自己的：把 .tar.gz、.zip、.npz 或按类别分好的文件夹放到页面任何地方。', 'data.address': '本站上的地址',
  'data.report': '{name}：{train} 张用来学习，{valid} 张用来考试，{classes} 类（{named}），读取用了 {seconds} 秒。', 'data.refused': '没有载入 {name}：{message}。', 'data.refused.stays': '没有载入 {name}：{message}。{old} 还在。', 'data.nofiles': '那个文件夹里没有文件。', 'data.files.name': '{name}（{count} 个文件）', 'data.skipped': '跳过了 {count} 个文件', 'data.skipped.more': '还有 {count} 个', 'data.skipped.first': '跳过了 {count} 个文件；下面列出前 {named} 个', 'data.apart': '使用验证图片；另有 {count} 张测试图片没有使用。', 'data.litter': '忽略了 {count} 个隐藏文件。',
  'data.address.empty': '请写出压缩包的地址，例如 data/mine.tar.gz。', 'data.address.foreign': '只能载入本站（{origin}）上的地址：请先下载文件再打开。', mosaic: '各类的例子', 'mosaic.one': '一个 {name}。训练时这里显示它的损失。', 'mosaic.losses': '一个 {name}，它的损失：{losses}', 'picture.of': '一个 {name}', 'drop.unreadable': '读不了放下的东西：{message}。',

  model: '模型', 'model.hint': '学习者：784 个像素进去，每一类得一个分数。', 'model.why': '层数越多，能分辨的形状越多，学得也越久。先用小的，看看它错在哪里，再换大的。', 'model.line': '模型描述', layers: '各层', 'layers.layer': '层', 'layers.output': '输出', 'layers.weights': '权重',
  'model.linear': '线性', 'model.linear.hint': '每个像素和类别一个权重', 'model.mlp': '小网络', 'model.mlp.hint': '一个 30 单元的隐藏层', 'model.cnn': '卷积', 'model.cnn.hint': '先看笔画，再看形状', 'model.quick': '快', 'model.quick.hint': '小配方，MNIST 的 99%', 'model.good': '好', 'model.good.hint': '两分钟的配方', 'model.record': '纪录', 'model.record.hint': '一杯咖啡时间的配方', reader: '由本页自带的网络读出，它只见过画出来的数字。点“训练”，就由你的网络来回答。', 'augment.digits': '像手写那样变化', 'model.resnet18': 'ResNet-18', 'model.resnet18.hint': '18 层：慢，但值得', 'model.own': '自己写', 'model.own.hint': '在下面用文字写出各层',
  'model.summary': '{weights} 个权重，每张图 {macs} 次乘加，训练需 {megabytes} MB；{time}。', 'model.time': '每轮约 {seconds} 秒', 'model.time.short': '每轮不到一秒', million: '{count} 百万', default: '默认 {value}',

  recipe: '配方', 'recipe.why': '每一步都稍稍减小误差，如此成千上万步。步子太大会跳过谷底，太小则永远到不了：所以学习率最要紧。', 'recipe.hint': '怎样学。现在的设置就能用；改一项，看看变化。', lr: '学习率', 'lr.hint': '步子的大小', find: '寻找', epochs: '轮数', 'epochs.hint': '全部图片看几遍', batch: '批量', 'batch.hint': '每一步看几张图片', schedule: '日程', constant: '不变', one_cycle: '单周期', fine_tune: '微调', 'schedule.hint': '学习率怎样变化',
  augment: '增强', 'augment.none': '无', 'augment.no_flip': '转、缩、扭', 'augment.all': '再加镜像', 'augment.hint': '每次都让图片有点不同', 'flip.note': '镜像后的数字是另一种形状，多半不再是数字：镜像在这里有害。', 'flip.off': '去掉它', 'preview.before': '增强前', 'preview.after': '增强后',
  optimizer: '优化器', 'optimizer.hint': '权重怎样跟随梯度', momentum: '动量', 'momentum.hint': '空：SGD 为 0，Adam 为 0.9', decay: '权重衰减', 'decay.hint': '让权重保持小；空：用优化器自己的', 'smoothing.label': '标签平滑', 'smoothing.label.hint': '对每个标签的怀疑；空：无', clip: '截断', 'clip.hint': '梯度最长多少；空：不限', seed: '种子', 'seed.hint': '种子相同，训练相同', 'seed.new': '新种子', threads: '线程', auto: '自动', 'threads.hint': '结果相同；重新打开页面后生效', arithmetic: '算术', 'arithmetic.fast': '快', 'arithmetic.same': '确定', 'arithmetic.hint': '确定：在任何处理器上一位不差；重新打开页面后生效', defaults: '恢复默认',
  limits: ({ whole, aboveMin, belowMax, min, max }) => `请填${whole ? '整数' : '数字'}，${aboveMin ? '大于' : '从'} ${min} ${belowMax ? '到小于' : '到'} ${max}。`, 'limits.comma': '请用小数点，不用逗号。', 'limits.range': '范围要有两个学习率，例如 1e-6:1e-4。', 'limits.one': '请只填一个学习率。', 'settings.wrong': '有一项设置还不对：请看它旁边的说明。',
  'find.needs': '寻找需要数据集和正确的设置。', 'find.trying': '正在试 0.0000001 到 10 的学习率……', 'find.chart': '损失随学习率的变化', 'find.suggested': '建议', 'find.text': '学习率增大时的损失，用的是临时网络。请在这里或曲线上取损失下降处的学习率：', 'find.current': '现在', 'find.none': '没有突出的学习率：损失马上发散了。', 'find.minimum': '最低点的十分之一', 'find.steep': '最陡处', 'find.valley': '谷地',

  curves: '曲线', 'curves.why': '在学过的图片上，损失总会下降；要看的是验证，即没见过的图片。两条线分开的地方，就开始死记硬背了。', 'curves.tools': '图表', smooth: '平滑', log: '对数', show_lr: '学习率', 'zoom.in': '放大', 'zoom.out': '缩小', 'zoom.all': '全部', loss: '损失', 'loss.hint': '它对答案有多意外：越低越好', accuracy: '准确率', 'accuracy.hint': '在没见过的图片上',
  'curve.batch': '每批', 'curve.train': '训练', 'curve.valid': '验证', 'curve.lr': '学习率', 'loss.both': '训练 {train}，验证 {valid}。', 'loss.train': '训练 {train}。', 'loss.nothing': '按“训练”，曲线从这里开始。', 'accuracy.nothing': '每轮一个点。', 'accuracy.after': '{count} 轮后 {part}。',
  'epoch.said': '第 {epoch} 轮，共 {epochs} 轮：答对 {part}{change}；验证损失 {loss}。', 'epoch.up': '，上升 {by} 点', 'epoch.down': '，下降 {by} 点', 'epochs.note': '共 {count} 轮，这里是最后 {rows} 轮。', legend: '曲线；按一下可隐藏', 'chart.help': '{name}：图表。用方向键读数。',
  'midrun.lr': '此后的学习率', 'midrun.set': '改变', freeze: '只训练最后一层', plan: '途中：', 'plan.at': '第 {step} 步{change}', 'plan.lr': '学习率改为 {lr}', 'plan.off': '去掉', notify: '完成时通知我', 'midrun.resume': '从停下处继续', 'midrun.more': '再训练几轮', 'midrun.train': '继续训练', 'mark.more': '再加 {count} 轮', 'mark.lr': '学习率 {from} → {to}', 'mark.freeze': '冻结', 'mark.melt': '解冻',
  epoch: '轮', train_loss: '训练损失', valid_loss: '验证损失', batch_mean: '批平均', 'batch_mean.title': '各批准确率的平均，笔记本就是这样算的', seconds: '秒', 'epochs.table': '各轮的表',

  mistakes: '错误', 'mistakes.why': '一个数字掩盖了错在哪里。这里能看到哪些类被混淆，以及您自己能不能认出来。', 'mistakes.hint': '行：图片实际是什么。列：网络当成什么。选一格，看那里的图片。', 'mistakes.empty': '训练时，这里显示它会混淆什么。', matrix: '混淆矩阵', 'matrix.is': '实际', 'matrix.taken': '当成', 'matrix.counts': '张数', 'matrix.percent': '每行的百分比',
  'matrix.sample': '实时：本轮到目前看了 {of} 张中的 {count} 张。', 'matrix.exact': '第 {epoch} 轮后的准确结果。', 'matrix.none': '没有错误。', 'matrix.cell': '实际 {actual}，当成 {predicted}：{count}', pairs: '哪些错误', worst: '最糟', classes: '各类', sure: '有多肯定', 'sure.title': '横轴：它有多肯定。纵轴：多常答对。在线上时，90% 肯定就是 10 个对 9 个。', 'sure.error': '它的肯定程度平均偏差 {error} 个百分点（预期校准误差）。', 'sure.bin': '肯定 {sure}，答对 {right}，{count} 张',
  'worst.title': '损失最大的：实际 → 当成，损失，有多肯定。', 'worst.live': '到目前样本中损失最大的：实际 → 当成，损失，有多肯定。', 'cell.none': '上次验证里没有。', 'cell.right': '都是 {actual}，也读对了；最没把握的在前。', 'cell.wrong': '都是 {actual}，被当成 {predicted}；最糟的在前。', 'classes.title': '找到：实际属于该类的。正确：被当成该类的。', 'classes.class': '类', 'classes.count': '图片', 'classes.recall': '找到', 'classes.precision': '正确',

  try: '试试您的', 'try.why': '您的数字会被裁出、变成黑底亮字、缩放并居中，和它学过的图片一样。不这样做，再好的网络也会乱读。', 'try.hint': '画一个数字，或放下、粘贴、打开一张图片。', pad: '画板：用鼠标、笔或手指画一个数字。也可以打开或粘贴图片。', 'pad.file': '打开…', 'pad.camera': '拍照…', 'pad.example': '测试图片', 'answer.empty': '答案会出现在这里。', 'answer.none': '网络会看到这个。按“训练”，它就会说读到了什么。', 'answer.sure': '，{part} 肯定；其次 {second}，{other}', 'answer.several': '：{count} 个数字。这一个：{one}，{part} 肯定',
  seen: '网络看到的：28 × 28 像素', bars: '各类的概率', 'step.given': '原图', 'step.grey': '亮墨', 'step.cropped': '裁剪', 'step.scaled': '20 × 20', 'step.centred': '居中 28 × 28', several: '图中的数字', raw: '原样：不经过这些步骤', 'why.answer': '为什么这样答？', heat: '支持答案的像素热图', 'heat.legend': '橙色：遮住它，答案就不那么肯定。蓝色：遮住它反而更肯定。', near: '最相似的训练图片', 'near.paused': '训练暂停后再找。',
  'file.large': '{name} 有 {size} GB；最多能读 {most} GB。', 'file.gone': '{name} 已经不在了。请重新选择。', 'file.unreadable': '无法读取{name}：选择之后它变了，或浏览器无权读取。请重新选择。',
  'pad.pasted': '粘贴的图片', 'pad.file.empty': '{name} 是空的。', 'pad.file.large': '{name} 有 {width} × {height} 像素；最多能读 {most} 百万像素。请缩小它。', 'pad.file.refused': '读不了 {name}：{message}。', 'pad.file.damaged': '{name} 已损坏：浏览器读不全它的 {kind} 数据。', 'pad.file.kind': '浏览器读不了 {name} 这种文件（{kind}）。请另存为 PNG 或 JPEG 再打开。', 'pad.file.bad': '浏览器读不了图片 {name}。', 'pad.noexample': '载入数据之前没有测试图片。',

  inside: '看看里面', 'inside.hint': '网络里的东西，实时显示。', 'inside.why': '网络不过是这些数字。权重渐渐有了笔画的形状，梯度既不消失也不爆炸，就说明它在学习。', filter: '权重 {number}', 'filters.none': '这个模型第一层的权重不是图片。', 'filters.templates': '每一类在找什么：橙色支持，蓝色反对。', 'filters.text': '第一层的滤波器，{count} 个中的 {shown} 个：橙色支持，蓝色反对。', 'filters.wait': '训练时，权重会在这里成形。', followed: '跟踪八张图片', 'followed.hint': '线：它认为正确答案有多可能，从开始到现在。',
  activations: '各层怎样看您的数字', 'activations.draw': '画一个数字并训练：这里显示各层的反应。', activation: '{name}，{shape}', spreads: '权重和梯度的变化', 'spreads.hint': '每列是一个时刻；越亮，取该值的越多。', 'spread.tensor': '哪些权重', 'spread.values': '数值', 'spread.gradients': '梯度', 'spread.range': '{least} 到 {most}，第 {from} 到 {to} 轮',

  runs: '历次训练', 'runs.empty': '每次训练都保存在这里，连同设置和曲线，下次再来也在。', 'run.title': '名称', 'run.name': '训练 {number}', 'run.show': '叠加', 'run.model': '模型', 'run.data': '数据', 'run.lr': '学习率', 'run.batch': '批量', 'run.optimizer': '优化器', 'run.epochs': '轮数', 'run.accuracy': '准确率', 'run.seconds': '秒', 'run.seed': '种子', 'run.at': '时间',
  'run.overlay': '把 {name} 叠加在曲线上', 'run.rename': '训练的名称', 'run.restore': '用这些设置', 'run.delete': '删除', 'run.deleted': '{name} 已删除。', 'run.restored': '已换成 {name} 的设置。', 'run.digest': '权重：{digest}', 'runs.why': '要知道一项设置的作用，就只改这一项，再把两次训练叠加起来看。种子相同，开始的权重就相同，差别便来自那项设置。', 'runs.export': '保存全部训练', 'runs.import': '载入训练…', 'runs.imported': '载入了 {count} 次训练。', 'runs.refused': '有 {count} 个读不了。', 'runs.full': '训练没有保存：浏览器的存储已满。请导出或删除旧的。', 'runs.unkept': '训练没有保存：浏览器在这里不保存任何东西，也许是无痕窗口。',
  'compare.caption': '{b} 与 {a} 相比：多多少，少多少。蓝色更好，橙色更差。', 'compare.other': '这两次训练的数据不同，矩阵不能比较。', 'continue.ask': '继续 {time} 的训练（第 {epoch} 轮）吗？', 'continue.yes': '继续', 'continue.no': '重新开始', 'network.kept': '保存的网络',
  'share.copied': '链接已复制：它能一位不差地重现这次训练。', 'share.address': '链接在地址栏里：它能一位不差地重现这次训练。', 'share.other': '这个链接来自版本 {build}，这里是 {here}。结果会很接近，但未必一位不差。',
  'share.unread': '这个链接有些部分在这里读不懂，已略去：{parts}。这次训练不会与链接所指的相同。',
  'share.arithmetic': '这个链接要求另一种算术；重新加载页面后才会采用。', 'share.again': '重新加载',
  'export.save': '保存网络', 'export.save.hint': 'safetensors 文件，用 PyTorch 的名称；可以一位不差地接着训练。', 'export.restore': '载入网络…', 'export.restore.hint': '在这里保存的训练，可以接着进行。', 'export.run.hint': '各轮结果，格式同 fastai 的日志；或整次训练，连同设置和改动。', 'export.pictures.hint': '图表、矩阵，以及最糟错误的一览。', 'export.python': '在 PyTorch 里，用同样各层的模型：', 'network.refused': '没有载入 {name}：{message}。',

  'keys.on': '启用单键', 'key.name.space': '空格', 'key.space': '训练、暂停、继续', 'key.s': '停止', 'key.d': '到画板', 'key.m': '到矩阵：方向键、Enter、Escape', 'key.f': '寻找学习率', 'key.l': '对数损失', 'key.plus': '放大', 'key.minus': '缩小', 'key.0': '整条曲线', 'key.z': '撤销', 'key.help': '这张表',
  'tour.run': '运行', 'tour.find': '寻找', 'tour.back': '上一步', 'tour.next': '下一步', 'tour.link': '这一步的链接', 'tour.notebook': '笔记本在 MNIST 上达到 {part}。', 'tour.here': '这里：{data} 上 {part}。',
  'tour.1': '一层', 'tour.1.text': '每个像素和类别一个权重，别无其他。几秒就学会，能认出大多数数字。到“看看里面”看它的十个模板。', 'tour.2': '隐藏层', 'tour.2.text': '像素与答案之间有三十个单元。它们让各类的边界弯曲，曲线走得更远。', 'tour.3': '步子多大？', 'tour.3.text': '寻找器用临时网络试遍所有学习率。损失陡降的地方，学得又快又稳。', 'tour.4': '十八层', 'tour.4.text': 'ResNet-18 到处用同样的方式看小块，一层接一层，共十八层。它慢，错误却少得多：笔记本用了十一轮，这里是一轮。', 'tour.5': '错在哪里', 'tour.5.text': '对角线之外都是错误。选一格，看看图片：您认得出吗？', 'tour.6': '您自己的数字', 'tour.6.text': '画一个。看它怎样被裁剪和居中，网络怎么说，哪些像素支持它。',
  'reset.done': '网络已忘掉。', 'way.diverged': '最后一步正常的权重已恢复。', 'way.smaller': '用十分之一的学习率训练', 'way.save': '保存这些权重', 'way.find': '寻找学习率', 'way.memory': '小一点的批量需要较少内存。', 'way.batch': '用四分之一的批量训练', 'keep.full': '本次训练未能保存：浏览器的存储空间已满。先前保存的仍在。训练继续。', 'keep.tab': '本次训练未能保存：另一个 Inklearn 标签页正在保存它的训练。训练继续。', 'keep.locked': '本次训练未能保存：文件仍被锁定，可能是另一个标签页。训练继续。', 'keep.denied': '本次训练未能保存：此浏览器在这里不保存任何内容，可能是隐私窗口。训练继续。', 'build.is': '版本 {build}。', 'way.again': '新的训练程序已从第 {step} 步接手。', 'way.silent': '训练程序不再回应。', 'way.lost': '它学到的可以找回来。', 'way.restart': '重新启动训练程序',

  'part.again': '重试',
  'part.soon': '绘图和曲线未能加载。训练不受影响。',
  'part.charts': '曲线未能加载。其他功能正常。',
  'part.later': '页面的一部分未能加载：缺少分享、保存、历次训练和网络内部。训练正常。',
  'part.finder': '学习率搜索未能加载。',
  'part.language': '该语言的文字未能加载。页面保持原样。',
  'part.style': '页面样式未能完整加载，所以外观简单。功能正常。',
  'part.keeper': '训练不会为重新加载而保存：负责保存的部分未能加载。训练功能正常。',
  'part.reader': '训练前识别数字的网络未能加载。训练一个自己的网络后即可识别。',
  'part.sets': '数据集列表未能加载。手绘数字仍可使用。',
};
