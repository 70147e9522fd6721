# 実行の報告書

page-title = 実行の報告書：{$name}
page-skip = 本文へ
page-contents = 目次
page-footer = この報告書は基盤（Kiban）が作成しました。患者の値は含みません。{$floor}人未満の人数は「<{$floor}」、そこから逆算できる人数は「＊」と表します（0人はそのまま表します。正解との照合は除きます）。

kind-demo = 合成データによる実演（実在の人は含まれません）
kind-trial = 試行
kind-operation = 事業者の運用
kind-table = 単独の表の匿名加工

fact-as-of = 判定の基準時刻
fact-made-at = 作成時刻
fact-version = プログラムの版
fact-rules = 法の規則集
fact-checkpoint = 登録簿の検査点
fact-release = 提供番号
fact-seed = 乱数の種
fact-origin = 記録の名
fact-size = 記録の件数
fact-root-hash = 根のハッシュ値
fact-signature = 署名

section-verdict = 正解との照合
section-flow = 行の流れ
section-standings = 患者の状態
section-linkage = 名寄せ
section-risk = 再識別リスク
section-loss = 失われた情報
section-ordinance = 規則第18条との対応
section-attacks = この版がまだ防がないもの
section-rare = まれなコード
section-findings = 入力の所見
section-audit = 監査記録
section-timings = 所要時間

lead-verdict = 正解がわかっている試行なので、結果を正解と照らし合わせました。
lead-flow = 受け取った行は、次の段階へ進むか、理由をつけて止められるか、所見として数えられます。黙って消える行はありません。
lead-standings = 基準時刻に提供できる患者と、できない患者をその理由ごとに示します。理由は最初に満たされなかった規則です。
lead-linkage = 複数の施設にいる同じ人の登録を一人にまとめました。
lead-risk = 準識別子が同じ人の集まりを「組」とし、加工の前と後で人が特定される確率を測りました。
lead-loss = 列ごとに、加工で失われた情報の割合を示します。0%は元のまま、100%はすべて失われたことを表します。
lead-ordinance = 施行規則第18条の各号が、どの加工で満たされたかを示します。
lead-attacks = この版で守られていない攻撃です。提供データで実際に測った値を隠さず示します。提供先との契約と安全管理で補う必要があります。
lead-rare = 該当する人が下限に満たないコードは、上位のコードにまとめるか、取り除きました。
lead-findings = 入力の誤りや読めなかった箇所です。行を黙って直したり捨てたりはしません。
lead-audit = 法に関わる出来事はすべて、後から書き換えられない記録に残してから受け付けています。次の値を控えておけば、あとで記録が書き換えられていないことを確かめられます。
lead-timings = 各段階にかかった時間です。

tile-sent = 受け取った行
tile-released = 提供する行
tile-held = 止めた行
tile-lost = 所見で失われた行
tile-registrations = 施設の患者登録
tile-persons = まとめた人
tile-precision = 適合率
tile-recall = 再現率
tile-f1 = F1値
tile-twins = 別人のままの双子の組
tile-risk-max = 加工後の最大リスク
tile-risk-limit = 許容の上限
tile-k = 求めた k
tile-smallest = 最小の組の人数
tile-persons-released = 提供する人
tile-total-time = 合計時間
tile-peak-memory = 最大メモリ

verdict-all = {$all}件の照合をすべて満たしました。
verdict-some = {$all}件の照合のうち{$failed}件を満たしていません。
check-passed = 合格：
check-failed = 不合格：
check-figures = 調べた数 {$seen}・誤り {$wrong}
check-figures-allowed = 調べた数 {$seen}・誤り {$wrong}（許容 {$allowed}）
check-verdicts = すべての判定が真実と一致する（登録）
check-gated-eligible = 適格確認済みの行に、適格でない人の行はない（行）
check-released-eligible = 提供データに、適格でない人はいない（人）
check-late-objection = 作成前に受け付け、作成後に入力された停止の求めは、検証で事案になる（件）
check-balance = どの段階でも、入った行＝出た行＋止めた行＋所見の行（段階）
check-companions = 提供されるどの人にも、見分けのつかない人が k−1 人以上いる（人）
check-risk-limit = 測ったリスクはすべて上限以内（指標）
check-canaries = 見張り用の氏名・住所・被保険者番号・患者番号・生年月日は、どのファイルにも現れない（ファイル）
check-joined = 別人を一人にまとめていない（まとめた対）
check-found = 同じ人の登録を見落としていない（同じ人の対）
check-repeatable = 二度実行しても同じバイト列になる（ファイル）
check-restart = 途中で強制終了しても、再開すれば同じ結果になる（回）
check-audit = 監査記録を最初から計算し直すと検査点に一致する（件）
check-package = 提供物は受領者の手順で検証できる（ファイル）

stage-land = 受入済み
stage-standardise = 標準化済み
stage-link = 名寄せ済み
stage-gate = 適格確認済み
stage-anonymise = 匿名加工済み
stage-release = 提供

flow-received = 受け取った行
flow-lost = 所見で失われた行
flow-made = 一行から複数の行に分かれた分

held-not-listed = 許可一覧にない患者
held-superseded = 新しい版に置き換えられた
held-deleted = 施設が取り消した
held-no-date = 日付または生年月日がない
held-joined = 同じ人の別の登録で表されている
held-outside-window = 全員に共通する期間の外
held-duplicate = 同じ記録の重複
held-identity = 本人情報として別の保管庫へ
held-not-mapped = 標準の表に写す先がない
held-not-linked = 人に結びつけられない
held-out-of-cohort = 対象集団に当たらない
held-not-selected = 申請された表でない
held-small-class = 組の人数が k に満たない
held-rare-code = まれなコード
held-quarantine = 人の確認を待つ

basis-truth = 適合率と再現率は、わかっている正解から計算しました。
basis-estimate = 適合率と再現率は、照合の重みからの推定値です。
linkage-facilities = {$n}施設に登録

risk-columns = 準識別子：{$columns}
risk-band = {$size}人の組
risk-prosecutor-max = 最大リスク（検察者：その人がデータにいると知る者）
risk-prosecutor-avg = 平均リスク（検察者）
risk-journalist-max = 最大リスク（記者：データにいるかを知らない者）
risk-marketer = 言い当てられる人の割合（業者）
risk-unique = ただ一人の組の人の割合
risk-smallest = 最小の組の人数
risk-classes = 組の数
risk-persons = 人数

treatment-kept = そのまま
treatment-removed = 削除
treatment-replaced = 復元できない乱数に置換
treatment-generalised = 一般化
treatment-date-shifted = 人ごとに日付をずらす
treatment-top-bottom-coded = 上限・下限で丸める
treatment-rolled-up = 上位のコードにまとめる
treatment-suppressed = 値または行の削除
treatment-class-size = どの組も k 人以上

ordinance-1 = 第1号　個人を識別できる記述の全部または一部の削除
ordinance-2 = 第2号　個人識別符号の全部の削除
ordinance-3 = 第3号　情報を相互に連結する符号の削除
ordinance-4 = 第4号　特異な記述の削除
ordinance-5 = 第5号　他の記述との差異などを踏まえた措置
ordinance-none = 対応する加工なし

attack-intervals = 受診の間隔
attack-events-by-month = コードと年月を知る
attack-events-by-day = コードと年月日を知る
attack-known-events = 出来事を{$n}件知っている
attack-known-intervals = 受診日を{$n}日分知っている

severity-note = 注記
severity-warning = 注意
severity-error = 誤り
severity-fatal = 受入不可
findings-none = 所見はありませんでした。

standing-eligible = 提供できる

figure-table = 数値の表
figure-flow = 施設から提供までの行の流れ
figure-standings = 施設ごとの患者の状態
figure-across = 登録のある施設数ごとの人数
figure-risk = 加工前と加工後のリスク（対数目盛、橙の縦線は上限）
figure-classes = 組の大きさごとの人数
figure-loss = 列ごとの情報の損失
figure-events = 出来事を知る攻撃者が一人に絞れる人の割合
figure-intervals = 受診日の間隔だけで一人に絞れる人の割合
figure-rare = 列ごとのコードの扱い
figure-findings = 種類ごとの所見の数
figure-timings = 段階ごとの時間

desc-flow = 上から下へ、幅が行の数を表す帯が段階ごとに細くなり、止めた行と失われた行が理由ごとに枝分かれします。すべての数は右の一覧と下の表にあります。
desc-standings = 施設ごとの横棒を、提供できる患者と提供できない理由で区切っています。斜線の部分は人数を伏せています。数は下の表にあります。
desc-across = 登録のある施設数ごとの人数の横棒です。数は下の表にあります。
desc-risk = 五つのリスクを、加工前と加工後の横棒で対数目盛に示します。縦線は許容の上限です。数は下の表にあります。
desc-classes = 組の大きさごとに、その組にいる人数を加工前と加工後の横棒で示します。数は下の表にあります。
desc-loss = 列ごとに失われた情報の割合の横棒です。数は下の表にあります。
desc-events = 攻撃者が知る出来事の件数ごとに、一人に絞れる人の割合の横棒です。数は下の表にあります。
desc-intervals = 攻撃者が知る受診日の日数ごとに、間隔だけで一人に絞れる人の割合の横棒です。数は下の表にあります。
desc-rare = 列ごとに、残したコード、まとめたコード、取り除いたコードの割合を区切った横棒です。数は下の表にあります。
desc-findings = 種類ごとの所見の数の横棒です。重さは色と下の表でわかります。
desc-timings = 段階ごとの時間の横棒です。数は下の表にあります。

table-stages = 段階ごとの行の収支
table-reasons = 止めた行の理由
table-standings = 施設と理由ごとの患者数
table-across = 登録のある施設数ごとの人数
table-risk = 加工前と加工後のリスク
table-classes = 組の大きさごとの人数
table-loss = 列ごとの情報の損失
table-ordinance = 各号を満たした加工
table-events = 出来事を知る攻撃者
table-intervals = 受診日の間隔
table-rare = まれなコードの扱い
table-findings = 所見の種類と施設
table-timings = 段階ごとの時間

column-stage = 段階
column-rows-in = 入った行
column-made = 増えた行
column-rows-out = 出た行
column-held = 止めた行
column-lost = 所見の行
column-balance = 収支
column-reason = 理由
column-rows = 行
column-standing = 状態
column-facilities-seen = 施設数
column-persons = 人数
column-measure = 指標
column-before = 加工前
column-after = 加工後
column-class-size = 組の大きさ
column-column = 列
column-treatment = 加工
column-loss = 失われた割合
column-item = 号
column-met-by = 加工
column-columns = 列
column-known = 攻撃者が知るもの
column-attack = 攻撃
column-tried = 試した人数
column-found = 一人に絞れる割合
column-rare-floor = 下限（人）
column-codes-kept = 残したコード
column-codes-rolled-up = まとめたコード
column-codes-suppressed = 取り除いたコード
column-rows-touched = 変わった行
column-finding = 種類
column-facility = 施設
column-severity = 重さ
column-count = 件数
column-rows-lost = 失われた行
column-time = 時間

balance-right = 一致
balance-wrong = 不一致

verify-log = 記録の全体を計算し直す
verify-package = 提供物のハッシュ値・署名・記録への収載を確かめる（受領者も実行できます）
verify-incident = 作成後に判明した停止の求めがないかを登録簿と照らす
