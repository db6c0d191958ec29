"""Words from which people and companies are made: common Japanese names with their reading, and trades."""

from __future__ import annotations

from typing import Final


def _tied(text: str) -> tuple[tuple[str, ...], ...]:
    """Words separated by blanks, each with what is tied to it by colons."""
    return tuple(tuple(word.split(":")) for word in text.split())


FAMILY_NAMES: Final = _tied(
    "佐藤:sato 鈴木:suzuki 高橋:takahashi 田中:tanaka 伊藤:ito 渡辺:watanabe 山本:yamamoto 中村:nakamura "
    "小林:kobayashi 加藤:kato 吉田:yoshida 山田:yamada 佐々木:sasaki 山口:yamaguchi 松本:matsumoto "
    "井上:inoue 木村:kimura 林:hayashi 斎藤:saito 清水:shimizu 山崎:yamazaki 森:mori 池田:ikeda "
    "橋本:hashimoto 阿部:abe 石川:ishikawa 山下:yamashita 中島:nakajima 石井:ishii 小川:ogawa 前田:maeda "
    "岡田:okada 長谷川:hasegawa 藤田:fujita 後藤:goto 近藤:kondo 村上:murakami 遠藤:endo 青木:aoki "
    "坂本:sakamoto 福田:fukuda 太田:ota 西村:nishimura 藤井:fujii 金子:kaneko 岡本:okamoto 藤原:fujiwara "
    "三浦:miura 中野:nakano 原田:harada 松田:matsuda 竹内:takeuchi 小野:ono 中川:nakagawa 高木:takagi "
    "﨑田:sakita 髙田:takada 渡邉:watanabe"
)
"""Family name and reading. The last three are written with characters beyond the common set."""

GIVEN_NAMES: Final = _tied(
    "健:ken 翔:sho 大輔:daisuke 誠:makoto 拓也:takuya 直樹:naoki 隆:takashi 浩二:koji 和也:kazuya 亮:ryo "
    "哲也:tetsuya 悠斗:yuto 蓮:ren 修:osamu 剛:tsuyoshi 雄一:yuichi 達也:tatsuya 慎吾:shingo 学:manabu "
    "秀樹:hideki 美咲:misaki 葵:aoi 陽子:yoko 恵子:keiko 由美子:yumiko 香織:kaori 真由美:mayumi "
    "智子:tomoko 裕子:yuko 明美:akemi 直美:naomi 愛:ai 彩:aya 千尋:chihiro 沙織:saori 瞳:hitomi 舞:mai "
    "結衣:yui 凛:rin 優子:yuuko"
)
"""Given name and reading."""

COMPANY_STEMS: Final = _tied(
    "東洋:toyo 日昇:nissho 大和:daiwa 三栄:sanei 富士見:fujimi 北斗:hokuto 青葉:aoba 光陽:koyo 瑞穂:mizuho "
    "旭:asahi 松風:matsukaze 大河:taiga 桜井:sakurai 白鳥:hakucho 中央:chuo 共立:kyoritsu 新星:shinsei "
    "明和:meiwa 双葉:futaba 若松:wakamatsu 八雲:yakumo 平和:heiwa 昭栄:shoei 港南:konan 西海:saikai "
    "東海林:shoji 太平:taihei 万代:bandai 城南:jonan 千歳:chitose"
)
"""First half of a company's name and its reading."""

TRADES: Final = _tied(
    "精機:seiki:製造業 製作所:seisakusho:製造業 工業:kogyo:製造業 化成:kasei:製造業 システムズ:systems:情報通信業 "
    "ソフト:soft:情報通信業 通信:tsushin:情報通信業 商事:trading:卸売業 物産:bussan:卸売業 ストア:store:小売業 "
    "建設:kensetsu:建設業 工務店:koumuten:建設業 信用:shinyo:金融業 不動産:fudosan:不動産業 運輸:unyu:運輸業 "
    "ロジスティクス:logistics:運輸業 メディカル:medical:医療・福祉 学院:gakuin:教育 サービス:service:サービス業 "
    "コンサルティング:consulting:サービス業"
)
"""Second half of a company's name, its reading, and the industry it stands for."""

PLACES: Final = _tied(
    "東京都:千代田区:03 東京都:港区:03 東京都:新宿区:03 東京都:大田区:03 神奈川県:横浜市:045 大阪府:大阪市:06 "
    "大阪府:堺市:072 愛知県:名古屋市:052 福岡県:福岡市:092 北海道:札幌市:011 宮城県:仙台市:022 "
    "広島県:広島市:082 京都府:京都市:075 兵庫県:神戸市:078 埼玉県:さいたま市:048 千葉県:千葉市:043 静岡県:浜松市:053"
)
"""Prefecture, city and area code."""

DEPARTMENTS: Final = tuple(
    word
    for (word,) in _tied(
        "営業部 営業企画部 マーケティング部 情報システム部 生産管理部 製造部 品質保証部 購買部 総務部 人事部 経理部 経営企画室"
    )
)
RANKS: Final = ("部長", "次長", "課長", "係長", "主任", "担当", "マネージャー", "室長")
INTERESTS: Final = ("生産管理", "営業支援", "会計", "人事", "セキュリティ", "クラウド")
"""In the order of the CRM's picklist, which is the order it keeps them in."""

LEAD_SOURCES: Final = (
    "展示会",
    "展示会",
    "展示会",
    "展示会",
    "展示会",
    "Web",
    "セミナー",
    "広告",
    "紹介",
    "その他",
)
"""Where a person was met; half of them at a trade fair."""
