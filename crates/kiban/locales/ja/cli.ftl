# コマンドのメッセージ

## 使い方と設定の誤り
use-no-house = {$dir} に基盤がありません。kiban init DIR で作ってください
use-not-empty = {$dir} は空ではありません。空のフォルダか、まだないフォルダを指定してください
use-locked = {$dir} では別の kiban が作業中です。終わるまで待ってください
use-config = kiban.toml {$line}行目：{$reason}
use-percent = kiban.toml：max_refused_percent は0から100までにしてください
use-origin = kiban.toml：origin は空白や「+」のない名前にしてください（例 operator.example/audit）
use-key-open = 鍵ファイル {$path} が他の利用者にも読めます。chmod 600 で保護してください
use-key-form = 鍵ファイル {$path} が16進64桁ではありません
use-no-facility = 施設 {$facility} は登録されていません。kiban facility add で登録してください
use-seq-far = 提供番号 {$seq} は直近の {$last} から離れすぎています。番号を確かめてください
use-empty-delivery = 提供フォルダにファイルがありません
use-columns = 一覧の列が {$columns} ではありません
use-facilities = 施設ファイルを読めません：{$line}行{$column}列
use-future = 未来の受付日時は登録できません。--received-at を確かめてください
use-checkpoint = 以前のチェックポイントはこの基盤の鍵で署名されていません
use-not-built = kiban {$command} はまだできていません

## 規則による拒否
refused = 規則 {$rule} により受け付けません：{$what}。手当て：{$remedy}
refused-delivery-replay = 施設 {$facility} のこの提供は、番号 {$seq} として受入済みです
remedy-delivery-replay = 失われたものはありません。次の提供を施設に求めてください
refused-delivery-number = 施設 {$facility} の番号 {$seq} は、別のファイルで使用済みです
remedy-delivery-number = 正しい番号を施設に確かめ、--seq なしか正しい番号でやり直してください
failure-use = {$detail}
failure-refused = 受け付けません：{$detail}
failure-broken = 処理できませんでした。途中のものは受け付けていません：{$detail}

## 基盤
house-trial = 試行：時計は {$clock}（日本時間）で止まり、鍵は種 {$seed} から作られます。実在の患者の情報を入れてはいけません
house-resumed = 中断された作業 {$n} 件を続けます

## 進み具合
step-parse = 読み取り
step-standardise = 標準化
step-link = 名寄せ
step-synth = 合成データの作成

## したこと
did-nothing = 待っている作業はありません。
did-init = {$dir} に基盤を作りました。
    監査ログや提供物を確かめる人に、次の鍵を渡してください：
    {$key}
did-init-trial = これは試行です。時計は止まり、鍵は種から作られます。
did-facility = 施設 {$facility} {$name} を登録しました。
did-facility-known = 施設 {$facility} {$name} は同じ内容で登録済みです。
did-facilities = 施設 {$n} 件、届出 {$filings} 件を登録しました。
did-notices = {$lines}行を読み、次のことを登録しました：
did-notices-stopped = {$lines}行を読みましたが、誤りが多いため何も登録していません。確かめたうえで --accept-findings を付けてやり直してください。
did-draft = 患者 {$n} 人分の通知の一覧を作りました（試行用）
did-objections = 停止の求め {$lines} 件を読みました（うち新しいもの {$new} 件）。受付番号：
did-withdrawals = 撤回 {$lines} 件を読みました（うち有効なもの {$new} 件）。撤回された受付番号：
did-withdraw = 停止の求め {$no} は撤回されました。提供には、改めて通知し、待機期間を置くことが必要です。
did-collect = 施設 {$facility} の提供 {$seq}：{$records}件を読み、{$refused}件を拒みました。
did-collect-stopped = 施設 {$facility} の提供 {$seq}：{$records}件を読み、{$refused}件を拒みました。多すぎるため何も受け入れていません。kiban findings で確かめたうえで --accept-findings を付けてやり直してください。
did-standardise = 施設 {$facility} の提供 {$seq} を標準化しました。
did-link = {$registrations}件の登録は{$persons}人です。{$pairs}組を結びました。
did-verify = 監査ログは完全です：{$size}件、根 {$root}
did-verify-broken = 監査ログが元のとおりではありません：{$reason}
did-vocabulary = {$n}件のコードを取り込みました。これから標準化するものに使います。
did-synth = {$persons}人、{$registrations}件の登録を {$dir} に書きました。

## 見せるもの
list-comma = 、
show-facility = {$facility} {$name}（{$kind}）、提供開始 {$from}
show-gaps = これより前の提供 {$missing} が届いていません。
show-incidents = 事故等 {$n} 件を開きました。提供済みのものに間に合いませんでした。
show-rejected = 登録しなかった行 {$n} 件：
show-more = … ほか {$n} 件。--json ですべて見られます。
show-eligible = {$at} の時点で提供できます：{$items}。{$since} から。
show-denied = {$at} の時点で提供できません：{$reason}［{$rule}］
show-remedy = 手当て：{$remedy}
show-judged = {$known} までに知られた事実と {$rules} によります。
show-no-rules = 規則集なし
show-work = すること：{$work}
show-files = ファイル：{$files}、{$bytes}バイト
show-allowed = この時点で通せる患者 {$n} 人。新しく知った死亡 {$deaths} 件。
show-findings = 所見：{$found}。kiban findings で見られます。
show-quality = モデル自身の見積り：適合率 {$precision} %、再現率 {$recall} %
show-changes = 新しい人 {$minted}、統合 {$merged}、分割 {$split}
show-no-findings = 所見はありません。
show-only-added = {$size}件のチェックポイント以後、追記だけがされています。
show-beyond = チェックポイントの外にファイルが {$n} 件あります。ログの一部ではありません。
show-erased = {$at} に消去

## 停止の求めの受付書面
receipt-text = 医療情報の提供停止の求め 受付書面（法第53条）
    {"  "}受付番号　　{$no}
    {"  "}施設　　　　{$facility} {$name}
    {"  "}区分　　　　{$track}
    {"  "}求めた方　　{$requester}（{$channel}）
    {"  "}受付日時　　{$received}
    {"  "}登録日時　　{$recorded}
    受付の時から、この方の医療情報はこの区分では提供されません。
    お名前は施設の控えに記入します。

## 表の見出し
head-facility = 施設
head-name = 名称
head-kind = 種類
head-supply-from = 提供開始
head-supply-to = 終了
head-wait = 独自の待機日数
head-delivery = 提供
head-state = 状態
head-files = ファイル
head-rows-in = 入った行
head-rows-out = 出た行
head-landed = 受入
head-held = 留置
head-lost = 喪失
head-begun = 開始日時
head-track = 区分
head-filing = 届出
head-effective-from = 効力開始
head-effective-to = 終了
head-items = 項目
head-fact = 記載
head-new = 新規
head-known = 既知
head-line = 行
head-field = 項目
head-fault = 誤り
head-receipt = 受付番号
head-outcome = 結果
head-rule = 規則
head-dates = 日付
head-basis = 根拠
head-table = 表
head-held-because = 留め置いた理由
head-rows = 行数
head-severity = 重さ
head-code = 所見
head-count = 件数
head-leaf = 葉
head-at = 日時（日本）
head-event = 出来事
head-body = 内容

## 語
word-kind-hospital = 病院
word-kind-clinic = 診療所
word-kind-pharmacy = 薬局
word-kind-municipality = 市町村
word-kind-insurer = 保険者
word-kind-school = 学校
word-kind-workplace = 事業所
word-track-anonymised = 匿名加工
word-track-pseudonymised = 仮名加工
word-item-demographics = 基本情報
word-item-visits = 受診
word-item-conditions = 傷病
word-item-drugs = 薬剤
word-item-procedures = 手術・処置
word-item-measurements = 検査
word-item-observations = 観察
word-item-claims = 請求
word-item-death = 死亡
word-requester-person = 本人
word-requester-guardian = 保護者等
word-requester-bereaved = 遺族
word-channel-counter-oral = 窓口・口頭
word-channel-paper = 書面
word-channel-web = ウェブ
word-channel-phone = 電話
word-delivery-begun = 受入中
word-delivery-finished = 受入済
word-fact-birth = 生年月日
word-fact-notice = 通知
word-fact-capacity = 判断能力
word-fact-death = 死亡
word-severity-note = 注記
word-severity-warning = 警告
word-severity-error = 誤り
word-severity-fatal = 重大
word-held-item-not-filed = 届出にない項目
word-held-unknown-person = 事実の登録がない人
word-fault-missing = 記載がない
word-fault-no-day = 2026-04-01 のような日付ではない
word-fault-no-time = 2026-04-01T09:00:00+09:00 のような日時ではない
word-fault-in-future = 未来の日時
word-fault-unknown-word = 決まった語ではない
word-fault-states-nothing = 何も書かれていない
word-fault-wrong-number-of-fields = 列の数が見出しと違う
word-fault-not-utf-8 = UTF-8ではない
word-fault-no-object-of-texts = 文字列だけのJSONオブジェクトではない
word-fault-unknown-field = 知らない項目がある
word-event-init = 設置
word-event-facility = 施設
word-event-filing = 届出
word-event-notice = 通知
word-event-objection = 停止の求め
word-event-withdrawal = 撤回
word-event-receipt = 書面の交付
word-event-deletion-request = 削除の求め
word-event-intake = 受入
word-event-commit = 確定
word-event-merge = 統合
word-event-split = 分割
word-event-gate = 関門
word-event-release = 提供物の作成
word-event-delivery = 引渡し
word-event-erasure = 消去
word-event-access = 閲覧
word-event-rule-change = 規則の変更
word-event-incident = 事故等
word-event-fact = 事実
word-event-repair = 修復

## Releases and reports
did-release = 提供 { $name } を作成しました：{ $persons } 人、監査記録の { $leaf } 番。パッケージ：{ $package }
did-check-package = 提供 { $name }：{ $persons } 人、{ $files } ファイル。
release-whole = パッケージは完全で、署名があり、その作成は監査記録に載っています。
release-fault = 問題：{ $fault }
release-none-late = この提供が従うべきだった申し出は、後から届いていません。
release-late = この提供に含まれる人について、基準時点より前に受け付けた停止の求め等が、後から { $n } 件記録されました。漏えい等の事案を開きました。提供を回収してください。
did-attack = 提供された { $released } 人の中から { $targets } 人を探しました。最も小さい組は { $k } 人で、それだけから分かる上限は { $baseline } です。
release-attack-exact = 正しい人を選んだ割合：
release-attack-at-most = 正しい人を選ぶ割合の上限（だれがどの番号で提供されたかは分からないため。--link で分かります）：
release-attack-known-nothing = 性別・生年・居住地だけ
release-attack-known-events = さらに出来事 { $n } 件（日付は{ $unit }まで）
release-attack-shift = 日付は最大 { $days } 日ずらされているものとしました。--shift で変えられます。
release-attack-raised = 真のデータには提供に含まれうる人が { $persons } 人いますが、提供は { $released } 人です。提供に含まれる人について成り立つように、割合をその比で大きくしています。含まれる人だけの真のデータを与えると、より正確になります。
release-attack-held = この範囲の知識では、正しい人を選ぶ割合が上限を明らかに超えることはありません。
release-attack-broken = この範囲の知識で、正しい人を選ぶ割合が上限を超えます。
head-knowledge = 知っていること
head-named = 正しく選んだ割合
head-interval = 95 % 区間
head-worst = 最も見つけやすい人
head-agreed = 合う人がいた件数
unit-day = 年月日
unit-month = 年月
unit-quarter = 四半期
unit-half-year = 半年
unit-year = 年
use-bad-link = { $file } は対応表ではありません。見出しと2列の数（真のデータの person_id、提供の person_id）の CSV を指定してください。
did-trace = 異なる行を { $rows } 行読みました。うち { $marked } 行は、{ $copies } 件の提供のいずれかで目印になっている行です。
trace-named = { $sources } に渡した提供物から出たものです。無実の提供先がこのように名指しされる確率は { $doubt }、これに反する目印の行は { $against } 行です。
trace-nobody = どの提供先とも言えません。目印の行が少なすぎるか、この基盤の提供ではありません。
release-marked = この提供先には { $withheld } 行を渡していません。一つの表から約 { $needed } 行が漏えいすれば、提供先が分かります。
release-untraceable = この提供先には { $withheld } 行を渡していませんが、提供が小さいため、漏えい元をたどることはできません。
use-no-marks = この基盤には目印を付けた提供がないため、提供先を名指しできません。
use-damaged-marks = { $file } の目印を開けません。壊れているか、別の基盤のものです。最後の正しい控えを使ってください。
did-anonymise = {$records}件のうち{$suppressed}件を削除しました。同値クラスは{$classes}個です。
did-anonymise-optimal = 粒度 {$granularity}。{$nodes}ノードのうち{$checked}ノードを調べ、最適であることを証明しました。
did-anonymise-gap = 粒度 {$granularity}。{$nodes}ノードのうち{$checked}ノードを調べました。スコアが改善できるのは最大でもその{$gap}です。
did-anonymise-local = 粒度 {$granularity}。局所的に再符号化しました。
did-anonymise-risk = 再識別リスクの最大値：加工前 {$before}、加工後 {$after}。
did-anonymise-left-out = 設定に書かれていないため除いた列：{$columns}。
did-anonymise-sampled = {$records}件から標本として抽出しました。
did-anonymise-transformed = {$column}の{$transformation}：{$changed}セルを変更、{$emptied}セルを空欄化、{$left}件を除外しました。
did-anonymise-unprotected = {$column}の{$transformation}：リスクのある{$records}件を保護できませんでした。
did-anonymise-unclaimed = 準識別子をかく乱したため、出力のリスクは主張しません。
did-anonymise-attacks = 出力に対して{$attacks}種類の攻撃を行い、{$withstood}種類を防ぎました。
did-anonymise-not-attacked = 新しい値になったため攻撃に使えなかった列：{$columns}。
did-dedupe-proposed = ジョブに列の指定がないため、次のように読み取りました。
did-dedupe = {$records}件の記録は{$persons}人のものです。
did-dedupe-pairs = {$compared}組を比べました。結合{$joined}組、要確認{$possible}組、結合拒否{$refused}組です。
did-dedupe-quality = 推定: 適合率{$precision}、比べた組の再現率{$recall}。候補の絞り込みで見つかったのは全体の{$found}です。
did-dedupe-unidentified = 記録だけでは人を十分に見分けられず、事前の想定をそのまま使いました。列を増やし、結果を使う前に組を確かめてください。
head-column = 列
head-attribute = 属性
head-level = レベル
did-report = 報告書を { $file } に書きました
use-no-key = { $file } には32バイトの16進数（64文字）が必要です。
use-no-release = { $name } という提供または利活用の申請はありません。これまで全体の報告には run を指定してください。
use-bad-key = { $file } は公開鍵ではありません。運営者が公表した audit.pub を指定してください。
refused-release-name = { $name } という名前の提供はすでに作成されています
remedy-release-name = 別の名前を付けてください。名前は一つのパッケージだけを指します
refused-ledger-gap = 台帳にない作成済みの提供があります：{ $names }
remedy-ledger-gap = { $file } を直近の控えから戻すか、比較しないのであれば anonymity.between.unrecorded に挙げてください
refused-profile-set = 項目の値は { $used } により提案されましたが、現在有効なのは { $set } です
remedy-profile-set = use.set に現在有効な版を書くか、use.set を省いてください
head-point = 番号
head-k = k
head-limit = 上限
head-known-events = 既知の出来事
head-persons = 人数
head-risk = 最大リスク
head-events-found = 二つの出来事で見分けられる人
head-kept = 残る細かさ
did-explore = { $settings } 通りの設定を試しました。この対象集団では守れない設定が、ほかに { $impossible } 通りあります。ページ：{ $page }
did-choose = { $n } 番の設定を選び、理由を監査記録に残しました。[anonymity] の値：
use-not-explored = この仕様書の現在の内容では、まだほかの設定を試していません。先に kiban release explore SPEC を実行してください。
use-no-point = { $n } 番の設定はありません。ページにある番号を指定してください。
progress-explore = 設定を試しています
progress-release = 提供を作成しています

## The demonstration
demo-rows = { $facilities } 施設から { $rows } 行が届きました。
demo-linkage = { $registrations } 件の登録は { $persons } 人です。真実に対する適合率 { $precision } %、再現率 { $recall } %。
demo-risk = { $persons } 人を提供。属性が同じ人がそれぞれ { $k } 人以上います。属性による再識別の最大リスク：加工前 { $before } %、加工後 { $after } %。
demo-open = この実演で守られないもの：受診間隔のパターンと、複数の既知の出来事（守る方法は docs/dates.md と docs/lives.md）。測定値は報告書にあります。
demo-done = { $seconds } 秒で終わりました。報告書：{ $page }  パッケージ：{ $package }
head-stage = 段階
head-in = 入った行
head-out = 出た行
head-mark = {" "}
head-check = 真実との照合
head-seen = 確認
head-wrong = 誤り

## 一般化階層
did-hierarchy-new = 階層を {$file} に書きました：{$leaves}値。レベルの名前は {$names} にあります。
did-hierarchy-sound = {$file}：{$rows}行、{$levels}レベル。問題はありません。
did-hierarchy-check = {$file}：{$rows}行、{$levels}レベル。所見：{$found}件。
show-hierarchy-unnamed = レベルに名前がありません。{$file} に書くことができます。
show-hierarchy-groups = {$level}（{$name}）：{$labels}
show-hierarchy-groups-more = {$level}（{$name}）：{$labels} … ほか{$n}個
show-hierarchy-earlier = （{$line}行目を参照）
show-hierarchy-record = （最初は{$record}件目、全部で{$n}件）
head-groups = 群
head-smallest = 値の数（最少）
head-largest = 値の数（最多）
use-hierarchy-spec = {$file} {$line}行目：{$reason}
use-hierarchy-exists = {$file} はすでにあります。別の名前を指定するか、先に削除してください
use-hierarchy-broken = {$file} は正しい階層ではありません。kiban hierarchy check で問題を確かめてください
use-hierarchy-empty = 階層に入る値がありません。--column で対象の列を指定し、種類を確かめてください
word-hierarchy-empty = 行がありません
word-hierarchy-open-quote = 引用符が閉じていません
word-hierarchy-ragged = レベルの数が1行目と違います
word-hierarchy-hole = ラベルが空です
word-hierarchy-repeated-leaf = 同じ値が前の行にあります
word-hierarchy-not-nested = 前の行と同じ群なのに、次のレベルの群が違います
word-hierarchy-same-label = 同じラベルが、下のレベルではこの群の外の値を指しています
word-hierarchy-lookalike = 前のラベルと空白・大文字小文字・全角半角だけが違います
word-hierarchy-level-names = レベルの名前が欠けているか、多いか、重複しています
word-hierarchy-not-a-leaf = 列の値が階層にありません
