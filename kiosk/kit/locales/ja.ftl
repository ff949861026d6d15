# Words of the UI kit, used by the kiosk and the admin pages.
kit-cancel = やめる
kit-clear = 消す
kit-close = 閉じる
kit-language = 表示言語
kit-loading = 読み込み中…
kit-next = 次へ
kit-pages = ページ送り
kit-previous = 前へ
kit-required = 必須
kit-search = 検索
kit-shown = { $shown } 件を表示
kit-shown-of = 全 { $total } 件中 { $shown } 件を表示
