//! Addresses with known conversions.

/// The seed's account (`bitbadges-fetching-users`) and accounts converted by the SDK: Ethereum,
/// Cosmos and Bitcoin forms by 0.3.75, BitBadges form by 0.9.5.
pub(super) const SAME_ACCOUNT: [[&str; 4]; 7] = [
    [
        "0xb246a3764d642BABbd6b075bca3e77E1cD563d78",
        "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x",
        "bc1qkfr2xajdvs46h0ttqadu50nhu8x4v0tclft2tt",
        "bb1kfr2xajdvs46h0ttqadu50nhu8x4v0tc2wajnh",
    ],
    [
        "0x0000000000000000000000000000000000000000",
        "cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a",
        "bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq9e75rs",
        "bb1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqs7gvmv",
    ],
    [
        "0xFFfFfFffFFfffFFfFFfFFFFFffFFFffffFfFFFfF",
        "cosmos1llllllllllllllllllllllllllllllllljpsqh",
        "bc1qllllllllllllllllllllllllllllllllfglmy6",
        "bb1llllllllllllllllllllllllllllllllu0frux",
    ],
    [
        "0x341bE2dC088d5E8951f62249d123E847A283b2e5",
        "cosmos1xsd79hqg340gj50kyfyazglgg73g8vh98udgkw",
        "bc1qxsd79hqg340gj50kyfyazglgg73g8vh93xnrjr",
        "bb1xsd79hqg340gj50kyfyazglgg73g8vh9yp9m2l",
    ],
    [
        "0xCdb6F39514337F3b2237d70439cA01a0689bC938",
        "cosmos1ekm089g5xdlnkg3h6uzrnjsp5p5fhjfc83un9p",
        "bc1qekm089g5xdlnkg3h6uzrnjsp5p5fhjfc3tzcpv",
        "bb1ekm089g5xdlnkg3h6uzrnjsp5p5fhjfcyv5qes",
    ],
    [
        "0xf1FB462E328a337c08DDEe65367f1A421C8591Be",
        "cosmos178a5vt3j3gehczxaaejnvlc6ggwgtyd79c2nkn",
        "bc1q78a5vt3j3gehczxaaejnvlc6ggwgtyd7nz5cj7",
        "bb178a5vt3j3gehczxaaejnvlc6ggwgtyd7x9zq2z",
    ],
    [
        "0x66815d3B1651a40C93f0B6f68931A188E3b6D1aB",
        "cosmos1v6q46wck2xjqeylskmmgjvdp3r3md5dtlyv0zs",
        "bc1qv6q46wck2xjqeylskmmgjvdp3r3md5dtf7jyxa",
        "bb1v6q46wck2xjqeylskmmgjvdp3r3md5dtueyu7p",
    ],
];

/// Addresses with their Thorchain form, by 0.27.2.
pub(super) const THORCHAIN: [(&str, &str); 2] = [
    ("0xb246a3764d642BABbd6b075bca3e77E1cD563d78", "tthor1kfr2xajdvs46h0ttqadu50nhu8x4v0tctra2ru"),
    ("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "tthor16rg3zagahxca809rpc5uc9ky02xfpcg05luk27"),
];

/// Solana keys with the Cosmos, BitBadges and Ethereum forms to which the SDK hashes them.
pub(super) const SOLANA: [[&str; 4]; 5] = [
    [
        "B8VATqesFJcnJzpeWdGLYeddKv53S1GtAMkMfZqCRRPU",
        "cosmos1yke8gcqwzh84dwwqh9nysae9m6ng2qv506xe8p",
        "bb1yke8gcqwzh84dwwqh9nysae9m6ng2qv5v8w2ms",
        "0x25B274600e15CF56b9c0B966487725DeA6850194",
    ],
    [
        "HV4q3WeW7FiXzBA3Vngp8g54dBs5v8yJef6xo3UfqaX1",
        "cosmos10qu8hzs4qr6yhrl5qh8zlr5zyv0enwmwg8ndku",
        "bb10qu8hzs4qr6yhrl5qh8zlr5zyv0enwmwt6m72d",
        "0x78387b8A1500f44B8Ff405ce2f8E82231F99bB6E",
    ],
    [
        "8zqLNLDmBCKvuCgz8wYK5CiHgipS6pwvHwPHrNtvXCaK",
        "cosmos1gl7rc0slaqewa6z5zl7pcr9we73dh005q2l02e",
        "bb1gl7rc0slaqewa6z5zl7pcr9we73dh005rhhukg",
        "0x47FC3C3e1Fe832EEE85417fc1c0CaeCFa2Dbbdf4",
    ],
    [
        "Fbi6B2gHqwdB2FeGCDuQzinNKaRKJLU8GYqeetxDc1Wv",
        "cosmos15p9eq6htamukulk9qdvd4j2h5868txsxgt02q2",
        "bb15p9eq6htamukulk9qdvd4j2h5868txsxtk8eum",
        "0xA04b906aEbeef96E7Ec50358dAC957a1f4759A06",
    ],
    [
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        "cosmos16rg3zagahxca809rpc5uc9ky02xfpcg0k05axy",
        "bb16rg3zagahxca809rpc5uc9ky02xfpcg04juw64",
        "0xd0D111751DB9b1d3BCa30e29CC16c47a8c90E10f",
    ],
];

/// The valid addresses among EIP-55's test cases.
pub(super) const EIP55: [&str; 8] = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
];
